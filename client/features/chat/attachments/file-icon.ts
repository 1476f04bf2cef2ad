import File from '@lucide/svelte/icons/file';
import FileMusic from '@lucide/svelte/icons/file-music';
import FilePlay from '@lucide/svelte/icons/file-play';
import Image from '@lucide/svelte/icons/image';
import Mic from '@lucide/svelte/icons/mic';
import type { Component } from 'svelte';
import type { FileKind } from '../../../../shared/features/chat/attachment.ts';

const icons = { picture: Image, video: FilePlay, voice: Mic, audio: FileMusic, file: File };

export const iconOf = (
  kind: FileKind,
): Component<{ size?: number | string; strokeWidth?: number; 'aria-hidden'?: 'true' }> => icons[kind];
