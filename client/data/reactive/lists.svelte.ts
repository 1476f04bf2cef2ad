import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { AppsState } from '../../../shared/features/apps/schema.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import type { BroadcastRow, ChatRow, CustomerLine, CustomerRow, DocRow, HandoverRow } from '../api.ts';
import { broadcastRows } from '../projection/broadcasts.ts';
import { Lines } from '../projection/customer-lines.ts';
import { customerRows, wholes } from '../projection/customers.ts';
import { Guests } from '../projection/guests.ts';
import type { CommandsByRoom, Records } from '../projection/overlay.ts';
import { handoverRows } from '../projection/handovers.ts';
import { chatRows, docRows } from '../projection/rows.ts';

interface ListParts {
  readonly me: MemberId;
  /** Each reactive. */
  readonly records: () => Records;
  readonly commands: () => CommandsByRoom;
  readonly unsentTexts: () => ReadonlySet<RoomId>;
  /** Customers whose rooms are not read yet, by their ids; undefined before anything is read. */
  readonly ahead: () => ReadonlyMap<string, CustomerLine> | undefined;
  /** What a guest is called who told no name. */
  readonly nameless?: (guest: MemberId) => string;
}

/** What pages list, put together anew where what it is made of changed. */
export class DeviceLists {
  readonly #parts: ListParts;
  readonly #chatRows;
  readonly #docRows;
  readonly #customerRows;
  readonly #handoverRows;
  readonly #broadcastRows;
  readonly #guests: Guests;
  readonly chats: readonly ChatRow[] = $derived.by(() => this.#from(this.#chatRows));
  readonly docs: readonly DocRow[] = $derived.by(() => this.#from(this.#docRows));
  readonly #files: readonly CustomerRow[] = $derived.by(() => this.#from(this.#customerRows));
  readonly customers: readonly CustomerRow[] = $derived.by(() => wholes(this.#files));
  readonly #lines = new Lines();
  readonly customerLines: readonly CustomerLine[] | null = $derived.by(() => {
    const ahead = this.#parts.ahead();
    if (!ahead) return null;
    const lines = this.#lines.of(this.customers);
    return ahead.size > 0 ? [...lines, ...ahead.values()].sort((a, b) => b.at - a.at) : lines;
  });
  readonly handovers: readonly HandoverRow[] = $derived.by(() => this.#from(this.#handoverRows));
  readonly broadcasts: readonly BroadcastRow[] = $derived.by(() => this.#from(this.#broadcastRows));
  readonly #chatById = $derived(byId(this.chats));
  readonly #docById = $derived(byId(this.docs));
  readonly #customerById = $derived(byId(this.#files));
  readonly #guestNames = $derived.by(() => this.#guests.namesIn(this.chats));

  constructor(parts: ListParts) {
    this.#parts = parts;
    this.#chatRows = chatRows(parts.me);
    this.#docRows = docRows(parts.me, parts.unsentTexts);
    this.#customerRows = customerRows(parts.me, (id) => this.chat(id));
    this.#handoverRows = handoverRows(parts.me);
    this.#broadcastRows = broadcastRows(parts.me);
    this.#guests = new Guests(parts.nameless ?? (() => ''));
  }

  chat(id: string): ChatRow | null {
    return this.#chatById.get(id) ?? null;
  }

  doc(id: string): DocRow | null {
    return this.#docById.get(id) ?? null;
  }

  customer(id: string): CustomerRow | null {
    return this.#customerById.get(id) ?? null;
  }

  /** The directory, with the guests of these conversations where somebody asks for one of them. */
  withOutsiders(directory: DirectoryState, apps: AppsState): DirectoryState {
    return this.#guests.in(directory, this.#guestNames, apps);
  }

  #from<Row>(rows: { from(records: Records, commands: CommandsByRoom): Row[] }): readonly Row[] {
    return rows.from(this.#parts.records(), this.#parts.commands());
  }
}

const byId = <Row extends { readonly id: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> =>
  new Map(rows.map((row) => [row.id, row]));
