import type { SeedLanguage } from './people.ts';
import { threadsEn } from './threads-en.ts';
import { threadsZh } from './threads-zh.ts';
import type { Topic } from './topics.ts';

export interface ThreadLine {
  /** From 0: which of those who take part. */
  readonly speaker: number;
  readonly text: string;
}

const parse = (text: string): ThreadLine[][] =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map((thread) =>
      thread.split('\n').map((line) => ({ speaker: Number(line[0]) - 1, text: line.slice(2) })),
    );

const parsed = new Map<string, ThreadLine[][]>();

export function threadsOf(language: SeedLanguage, topic: Topic): readonly ThreadLine[][] {
  const key = `${language}/${topic}`;
  const threads = parsed.get(key) ?? parse((language === 'zh' ? threadsZh : threadsEn)[topic]);
  parsed.set(key, threads);
  return threads;
}

export const words = {
  zh: {
    item: [
      '温湿度记录仪 TH-20',
      '压力变送器 PT-7',
      '流量计 FM-3',
      '便携式测温仪 T1',
      '气体检测仪 G4',
      '数据采集器 D8',
    ],
    customer: ['华星电子', '远洋制药', '青山食品', '江北水务', '德胜机械', '东岭新能源', '海蓝船舶'],
    city: ['苏州', '深圳', '成都', '青岛', '汉堡', '西安', '武汉'],
    day: ['周一', '周二', '周三', '周四', '周五', '明天', '下周一'],
  },
  en: {
    item: [
      'TH-20 logger',
      'PT-7 transmitter',
      'FM-3 flow meter',
      'T1 thermometer',
      'G4 detector',
      'D8 collector',
    ],
    customer: [
      'Nordwind Energy',
      'Baltic Foods',
      'Harbour Pharma',
      'Alpine Waterworks',
      'Delta Marine',
      'Keystone Labs',
    ],
    city: ['Rotterdam', 'Lyon', 'Gdańsk', 'Porto', 'Suzhou', 'Vienna', 'Leeds'],
    day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'tomorrow'],
  },
} as const;
