/* What people wrote in Slack, as Markdown of our messages. */

export interface SlackNames {
  /** What somebody is called, by their id; null where nobody knows. */
  person(id: string): string | null;
  /** What a channel is called. */
  channel(id: string): string | null;
}

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
const plain = (text: string): string => text.replace(/&(?:amp|lt|gt);/g, (found) => entities[found] ?? found);

/** Common names of emoji. Others keep their name: many are pictures that only one company has. */
const emojiNames: Readonly<Record<string, string>> = Object.fromEntries(
  (
    '+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|heart ❤️|smile 😄|smiley 😃|grin 😁|grinning 😀|joy 😂|laughing 😆|' +
    'satisfied 😆|sweat_smile 😅|rolling_on_the_floor_laughing 🤣|wink 😉|blush 😊|slightly_smiling_face 🙂|' +
    'upside_down_face 🙃|heart_eyes 😍|kissing_heart 😘|sunglasses 😎|thinking_face 🤔|neutral_face 😐|' +
    'expressionless 😑|unamused 😒|face_with_rolling_eyes 🙄|cry 😢|sob 😭|rage 😡|angry 😠|scream 😱|' +
    'flushed 😳|sleeping 😴|mask 😷|hugging_face 🤗|shrug 🤷|facepalm 🤦|face_palm 🤦|tada 🎉|confetti_ball 🎊|' +
    'clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|wave 👋|ok_hand 👌|v ✌️|crossed_fingers 🤞|point_up ☝️|' +
    'point_right 👉|point_left 👈|point_down 👇|handshake 🤝|eyes 👀|fire 🔥|100 💯|rocket 🚀|star ⭐|star2 🌟|' +
    'sparkles ✨|zap ⚡|boom 💥|white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|' +
    'no_entry ⛔|no_entry_sign 🚫|warning ⚠️|question ❓|exclamation ❗|heavy_plus_sign ➕|bulb 💡|memo 📝|' +
    'pushpin 📌|calendar 📆|hourglass ⌛|coffee ☕|beer 🍺|beers 🍻|pizza 🍕|cake 🍰|birthday 🎂|gift 🎁|' +
    'balloon 🎈|trophy 🏆|bug 🐛|computer 💻|email 📧|phone ☎️|lock 🔒|key 🔑|mag 🔍|link 🔗|chart_with_upwards_trend 📈|' +
    'money_with_wings 💸|house 🏠|car 🚗|airplane ✈️|sunny ☀️|rainbow 🌈|snowflake ❄️|dog 🐶|cat 🐱|' +
    'see_no_evil 🙈|speak_no_evil 🙊|robot_face 🤖|ghost 👻|skull 💀|poop 💩|hankey 💩|green_heart 💚|' +
    'blue_heart 💙|yellow_heart 💛|purple_heart 💜|black_heart 🖤|broken_heart 💔|two_hearts 💕|heavy_heart_exclamation_mark_ornament ❣️|' +
    'saluting_face 🫡|melting_face 🫠|partying_face 🥳|pleading_face 🥺|star-struck 🤩|exploding_head 🤯|zany_face 🤪|' +
    'face_with_monocle 🧐|shushing_face 🤫|face_with_hand_over_mouth 🤭|zipper_mouth_face 🤐|nerd_face 🤓|party_popper 🎉'
  )
    .split('|')
    .map((pair) => pair.split(' ') as [string, string]),
);

const tones = ['🏻', '🏼', '🏽', '🏾', '🏿'];

/** One emoji by its name; `:name:` where it is a company's own. */
export function slackEmoji(name: string, known: ReadonlyMap<string, string> = new Map()): string {
  const [base = '', tone] = name.split('::skin-tone-');
  const found = known.get(base) ?? (Object.hasOwn(emojiNames, base) ? emojiNames[base]! : null);
  if (found === null) return `:${base}:`;
  const shade = tones[Number(tone) - 2];
  return shade === undefined ? found : found.replace('\ufe0f', '') + shade;
}

function reference(inside: string, names: SlackNames): string {
  const [what = '', label = ''] = inside.split(/\|(.*)/s, 2);
  if (what.startsWith('@')) return `@${names.person(what.slice(1)) ?? (plain(label) || what.slice(1))}`;
  if (what.startsWith('#')) return `#${plain(label) || (names.channel(what.slice(1)) ?? what.slice(1))}`;
  if (what.startsWith('!')) {
    // Everybody at once, a group of people, a date: each has words of its own behind it or in it.
    const said = plain(label) || what.slice(1).split('^')[0]!;
    return what.startsWith('!date') || said.startsWith('@') ? said : `@${said}`;
  }
  const address = plain(what);
  const words = plain(label);
  if (words === '' || words === address || `mailto:${words}` === address || `tel:${words}` === address)
    return address.replace(/^(?:mailto|tel):/, '');
  return /^(?:https?:\/\/|mailto:)[^\s()]+$/.test(address)
    ? `[${words.replaceAll(/[[\]\n]/g, ' ')}](${address})`
    : `${words} (${address})`;
}

const edge = '[\\s\\p{P}\\p{S}]';
const bold = new RegExp(`(?<=^|${edge})\\*(?=[^\\s*])([^*\\n]*[^\\s*])\\*(?=$|${edge})`, 'gmu');
const struck = new RegExp(`(?<=^|${edge})~(?=[^\\s~])([^~\\n]*[^\\s~])~(?=$|${edge})`, 'gmu');

function prose(text: string, names: SlackNames, emoji: ReadonlyMap<string, string>): string {
  // What stands in <> is not looked at for marks: an address may hold stars.
  return text
    .split(/(<[^<>\n]+>)/)
    .map((piece) =>
      piece.startsWith('<') && piece.endsWith('>') && piece.length > 2
        ? reference(piece.slice(1, -1), names)
        : piece
            .replace(bold, '**$1**')
            .replace(struck, '~~$1~~')
            .replace(/^(\s*)[•◦▪]\s+/gm, '$1- ')
            .replace(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g, (_whole, name: string) =>
              slackEmoji(name, emoji),
            ),
    )
    .map(plain)
    .join('');
}

const inCode = (text: string): string =>
  plain(text.replace(/<([^<>\n]+)>/g, (_whole, inside: string) => inside.split('|').at(-1) ?? inside));

/** Words as they were stored, with their escapes, as Markdown. */
export function slackToMarkdown(
  text: string,
  names: SlackNames,
  emoji: ReadonlyMap<string, string> = new Map(),
): string {
  const converted = text
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((piece) => {
      if (piece.startsWith('```') && piece.endsWith('```') && piece.length > 6) {
        const code = inCode(piece.slice(3, -3)).replace(/^\n|\n$/g, '');
        return `\n\`\`\`\n${code}\n\`\`\`\n`;
      }
      return piece.length > 2 && piece.startsWith('`') && piece.endsWith('`')
        ? inCode(piece)
        : prose(piece, names, emoji);
    })
    .join('')
    .replace(/^\n(?=```)|(?<=```)\n$/g, '');
  // Three marks quote everything that follows.
  const rest = /^>>> ?/m.exec(converted);
  if (!rest) return converted;
  const quoted = converted.slice(rest.index + rest[0].length).split('\n');
  return converted.slice(0, rest.index) + quoted.map((line) => `> ${line}`).join('\n');
}

/** Ids of people whom the words name. */
export const slackMentions = (text: string): string[] => [
  ...new Set([...text.matchAll(/<@([A-Z0-9]+)(?:\|[^<>]*)?>/g)].map(([, id]) => id!)),
];
