/* Exports of other programs, made by hand: nobody in them exists. */
import { strToU8, zipSync } from 'fflate';

const json = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));

export const asZip = (files: Readonly<Record<string, Uint8Array>>): Blob =>
  new Blob([zipSync({ ...files }) as Uint8Array<ArrayBuffer>]);

/** A picture of one pixel. */
export const pixel = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (each) => each.charCodeAt(0),
);

const day = (date: string): number => Date.parse(`${date}T09:00:00Z`) / 1000;
export const ts = (date: string, second: number, micro = 0): string =>
  `${day(date) + second}.${String(micro).padStart(6, '0')}`;

const users = [
  { id: 'U1', name: 'ann', profile: { real_name: 'Ann Lee', email: 'ann@example.org' } },
  { id: 'U2', name: 'ben', profile: { real_name: 'Ben', email: 'ben@example.org' } },
  {
    id: 'U3',
    name: 'old',
    deleted: true,
    profile: { real_name: 'Otto Gone', email: 'otto@elsewhere.example' },
  },
];

/** Two days of a channel with everything that people do, one of another, and a conversation of two. */
export function slackExport(more: Readonly<Record<string, unknown>> = {}): Blob {
  const files: Record<string, unknown> = {
    'users.json': users,
    'channels.json': [
      { id: 'C1', name: 'harbour', members: ['U1', 'U2', 'U3'], topic: { value: 'Boats' } },
      { id: 'C2', name: 'quiet', members: ['U1'] },
    ],
    'dms.json': [{ id: 'D1', members: ['U1', 'U3'] }],
    'harbour/2021-03-01.json': [
      { type: 'message', subtype: 'channel_join', user: 'U1', ts: ts('2021-03-01', 0), text: 'joined' },
      {
        type: 'message',
        user: 'U1',
        ts: ts('2021-03-01', 10),
        text: 'Who takes the *big* boat, <@U2>? &lt;3 <https://tide.example/a*b|the tide>',
      },
      {
        ...{ type: 'message', user: 'U2', ts: ts('2021-03-01', 20), thread_ts: ts('2021-03-01', 10) },
        text: 'Me :+1:',
        edited: { user: 'U2', ts: ts('2021-03-01', 30) },
        reactions: [
          { name: 'tada', users: ['U1', 'U3'], count: 2 },
          { name: 'our-logo', users: ['U1'], count: 1 },
        ],
      },
    ],
    'harbour/2021-03-02.json': [
      // Not in order, as some are.
      { type: 'message', user: 'U3', ts: ts('2021-03-02', 40), text: '```\nif (a &lt; b) *go*\n```' },
      {
        ...{ type: 'message', user: 'U3', ts: ts('2021-03-02', 5), text: 'The chart' },
        files: [
          {
            id: 'F1',
            name: 'chart.png',
            mimetype: 'image/png',
            url_private: 'https://files.example/F1/chart.png?t=secret',
          },
          {
            id: 'F2',
            name: 'old.pdf',
            mimetype: 'application/pdf',
            url_private: 'https://files.example/F2/old.pdf?t=secret',
          },
        ],
      },
      {
        type: 'message',
        subtype: 'tombstone',
        user: 'U2',
        ts: ts('2021-03-02', 50),
        text: 'This message was deleted.',
      },
      {
        type: 'message',
        subtype: 'bot_message',
        bot_id: 'B1',
        username: 'Tide table',
        ts: ts('2021-03-02', 60),
        text: '',
        attachments: [{ title: 'High water', text: 'at 14:10', fallback: 'x' }],
      },
    ],
    'D1/2021-03-01.json': [{ type: 'message', user: 'U3', ts: ts('2021-03-01', 1), text: 'just us' }],
    ...more,
  };
  const packed = Object.fromEntries(Object.entries(files).map(([path, value]) => [path, json(value)]));
  return asZip({ ...packed, '__uploads/F1/chart.png': pixel });
}

/** A conversation in our format, as another program might write it. */
export const plainConversation = (messages: readonly unknown[], more: object = {}): Blob =>
  new Blob([
    JSON.stringify(
      {
        format: 'weft-conversation',
        version: 1,
        conversation: { id: 'boat', kind: 'group', title: 'Boat club' },
        messages,
        people: [{ id: 'a', name: 'Ann Lee', email: 'ann@example.org', member: true }],
        ...more,
      },
      null,
      2,
    ),
  ]);
