/* Emoji that are offered. Drawn by the system's own font: nothing is fetched. */

/** One tap away at every message. */
export const quickEmoji = ['👍', '❤️', '😄', '🎉', '🙏', '👀'] as const;

const rows = [
  '😀 😄 😁 😂 🤣 😊 😉 😍 😘 😎 🤓 🤔 🤨 😐 😏 🙄',
  '😴 😅 😇 🙂 🙃 😋 😜 🤗 🤭 🤫 🤐 😬 😮 😲 🥱 😢',
  '😭 😤 😠 😡 🤯 😱 😰 🥺 😷 🤒 🤕 🥳 😈 💀 🤖 👻',
  '👍 👎 👌 ✌️ 🤞 🤙 👏 🙌 🙏 💪 👋 🤝 ✍️ 👀 🫡 🤷',
  '❤️ 🧡 💛 💚 💙 💜 🖤 💔 💯 ✨ ⭐ 🔥 🎉 🎁 🏆 🚀',
  '✅ ❌ ❓ ❗ ⚠️ 🔔 📌 📎 📝 📅 ⏰ 💡 🔒 🔑 💰 📈',
  '☕ 🍵 🍺 🍻 🍰 🎂 🍎 🍉 🍜 🍚 🥟 🍕 🌹 🌸 🌞 🌧️',
  '🐶 🐱 🐼 🐰 🐵 🐷 🐎 🐉 🚗 🚄 ✈️ 🏠 🏢 💻 📱 🎵',
];

/** What the picker shows, in rows that belong together. */
export const offeredEmoji: readonly string[] = rows.flatMap((row) => row.split(' '));
