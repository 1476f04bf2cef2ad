/** What somebody used up of an allowance and has not come back yet, as it was at that time (ms since 1970). */
export interface Use {
  readonly who: string;
  readonly used: number;
  readonly at: number;
}

/** Keeps uses of one allowance, so that they count on when the relay is started again. */
export interface KeptUses {
  read(): readonly Use[];
  /** In a moment, and when the store is closed; a relay that is killed before that forgets it. */
  changed(use: Use): void;
}

export interface DayCounts {
  /** By the name of the bound. */
  of(name: string): KeptUses;
}
