/* Sentences for what happens to customers who are written down, merged or brought from elsewhere. Pure. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import {
  customerDiffer,
  customerMerge,
  customerSplit,
} from '../../../../shared/features/customers/exchange-schema.ts';
import { t } from '../exchange/strings.ts';

interface Names {
  customer(id: string): string;
}

/** Null for what this version does not know, and for what follows from something else. */
export function exchanged({ type, data }: LogEntry, who: string, names: Names): string | null {
  switch (type) {
    case 'customer.create':
      return t.happenedCreated({ who });
    case 'customer.fill':
      return t.happenedFilled({ who });
    case 'customer.invite':
      return t.happenedInvited({ who });
    case 'customer.uninvite':
      return t.happenedUninvited({ who });
    case 'customer.arrive':
      return t.happenedArrived({ who });
    case 'customer.merge': {
      const parsed = customerMerge.safeParse(data);
      return parsed.success ? t.happenedMerged({ who, name: names.customer(parsed.data.other) }) : null;
    }
    case 'customer.split': {
      const parsed = customerSplit.safeParse(data);
      return parsed.success ? t.happenedSplit({ who, name: names.customer(parsed.data.other) }) : null;
    }
    case 'customer.differ': {
      const parsed = customerDiffer.safeParse(data);
      if (!parsed.success) return null;
      const said = { who, name: names.customer(parsed.data.other) };
      return parsed.data.on ? t.happenedDiffers(said) : t.happenedMayBeOne(said);
    }
    case 'customer.imported':
      return t.happenedImported({ who });
    default:
      return null;
  }
}
