import type { SeedDocument } from './document.ts';

/** As in Chinese, see documents-zh.ts. */
export const documentsEn: readonly SeedDocument[] = [
  {
    title: '{item}: release plan',
    text: `
# Goal
Ship the {item} with firmware 3.0 to all European customers by the end of the quarter, **without** a recall of units in the field.

## Milestones
| Milestone | Owner | State |
| Firmware frozen | Engineering | done |
| Climate tests | Test lab | running |
| Data sheet | Marketing | draft |
| First {n} units | Production | planned |

## Risks
1. The housing supplier has been late twice
2. Customs asks for certificates in a new format
3. Two customers still depend on the old connector

## Open tasks
- [x] Freeze the feature list
- [x] Order long-lead parts
- [ ] Repeat the cold start test at −20 °C
- [ ] Translate the quick guide
- [ ] Brief the support team, {name}
`,
    addition: `
## Update
The cold start test passed on all five units. The quick guide goes to the translator on {day}.
`,
  },
  {
    title: 'Weekly review, week {n}',
    text: `
# What went well
- {customer} signed for two years
- Average first answer in support went below three hours
- No open incident for the second week in a row

# What did not
The container to {city} missed its slot. We noticed late because the booking was in one person's mailbox.

> Bookings belong where everybody can see them.

## Decisions
1. Logistics keeps one shared list of shipments
2. The demo pool grows by four units
3. No meetings on Wednesday afternoons, as a trial

## To do
- [x] Share the shipment list
- [ ] Order demo units
- [ ] Ask {name} for the numbers of last quarter
`,
    addition: `
## Follow-up
The trial without meetings stays for another month; everybody asked for it.
`,
  },
  {
    title: 'Support handbook',
    text: `
# How we answer
Answer within the hour, even if the answer is that we are still looking. Use the customer's words, not ours.

## First questions
- Which model, which firmware?
- Since when, and what changed that day?
- Does it happen with another cable?

## Common causes
| Symptom | Likely cause | First step |
| Jumping readings | frequency converter nearby | ferrite core on the probe cable |
| No export | full storage | archive and restart |
| Clock is wrong | empty buffer battery | replace, {n} minutes |
| Slow display | below −10 °C | normal, see the data sheet |

## Reading the log
\`\`\`text
12:04:31 sensor=1 value=21.4 ok
12:05:31 sensor=1 value=--.- retry 1
12:05:32 sensor=1 value=21.4 ok
\`\`\`
One \`retry\` now and then is fine. More than ten in an hour is not: ask for the full file and call {name}.
`,
    addition: `
## Weekend rota
Two people, Saturday 9 to 13. Swaps are fine, write them into the calendar.
`,
  },
  {
    title: 'Visit report: {customer}',
    text: `
# Who and where
{city}, two of us and five of them: plant manager, two operators, IT, purchasing.

## What they do today
Operators write readings on paper twice a shift. Somebody types them in on Fridays. They lose about {n} sheets a month.

## What they want
- Readings every minute, **also when the network is down**
- Data on their own server
- A report an auditor accepts

## Agreed
- [x] Loan of three units for a month
- [ ] Installation with their electrician
- [ ] Review of the data together

The plant manager asked for a reference; Nordwind agreed to take the call.
`,
    addition: `
## After the first week
All three units run. The operators already asked for a fourth one in the cold store.
`,
  },
  {
    title: 'How we write firmware',
    text: `
# Principles
Small steps, measured. A change that saves power comes with a measurement, a fix comes with a test that fails without it.

## Before a merge
1. It runs on two boards for a night
2. The log is readable by somebody from support
3. Somebody else has read it

## Waiting for a conversion
The data sheet asks for {n} ms. Do not poll; wait for the interrupt:

\`\`\`c
int16_t read_sensor(void) {
  start_conversion();
  if (!wait_ready(TIMEOUT_MS)) return SENSOR_NONE;
  return fetch_result();
}
\`\`\`

Callers must handle \`SENSOR_NONE\`. It means "ask again", never "zero".

## Versions
| Branch | Customers | Until |
| 2.x | existing units | end of next year |
| 3.x | {item} | current |
`,
    addition: `
## Power budget
Sleep 12 µA, sampling 3.1 mA for 40 ms, sending 24 mA for 900 ms. {name} keeps the spreadsheet.
`,
  },
  {
    title: 'Working between {city} and Suzhou',
    text: `
# The short version
Write things down, decide in documents, use calls for what is hard to write. Seven hours lie between us; a question asked well is answered overnight.

## Overlap
| Place | Working hours | Overlap |
| Europe | 8:30–17:00 | 8:30–11:30 |
| Suzhou | 9:00–18:00 | 14:30–17:30 |

## Habits that help
- Say who should answer, by name
- One topic per conversation
- Both languages are fine; ask if something is unclear
- Photos of a problem say more than a paragraph

## Holidays to keep in mind
- [x] Share both holiday calendars
- [ ] Plan the release around Spring Festival
- [ ] Agree on the on-call phone for August
`,
    addition: `
## Travel
Two visits a year in each direction. {name} collects wishes until {day}.
`,
  },
];
