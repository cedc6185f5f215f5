const CHARACTERS: Readonly<Record<string, string>> = Object.fromEntries(
  `white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|no_entry ⛔
  no_entry_sign 🚫|warning ⚠️|rotating_light 🚨|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰|clock3 🕒
  large_green_circle 🟢|large_yellow_circle 🟡|large_orange_circle 🟠|large_blue_circle 🔵|red_circle 🔴|white_circle ⚪
  black_circle ⚫|large_green_square 🟩|large_red_square 🟥|large_yellow_square 🟨|information_source ℹ️|question ❓
  exclamation ❗|bangbang ‼️|eyes 👀|lock 🔒|unlock 🔓|key 🔑|shield 🛡️|mag 🔍|wrench 🔧|hammer_and_wrench 🛠️|gear ⚙️|bulb 💡
  arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|leftwards_arrow_with_hook ↩️|arrows_counterclockwise 🔄|repeat 🔁
  arrow_forward ▶️|double_vertical_bar ⏸️|black_square_for_stop ⏹️|books 📚|book 📖|memo 📝|clipboard 📋|pushpin 📌|paperclip 📎
  link 🔗|inbox_tray 📥|outbox_tray 📤|package 📦|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊
  calendar 📆|bell 🔔|no_bell 🔕|loudspeaker 📢|speech_balloon 💬|email ✉️|fire 🔥|boom 💥|zap ⚡|bug 🐛|rocket 🚀|construction 🚧
  computer 💻|desktop_computer 🖥️|floppy_disk 💾|globe_with_meridians 🌐|wave 👋|raised_hands 🙌|clap 👏|pray 🙏|muscle 💪
  ok_hand 👌|point_right 👉|point_up ☝️|hand ✋|+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|heart ❤️|tada 🎉|sparkles ✨|star ⭐|100 💯
  smile 😄|slightly_smiling_face 🙂|wink 😉|joy 😂|thinking_face 🤔|sweat_smile 😅|cry 😢|scream 😱|robot_face 🤖
  heavy_plus_sign ➕|heavy_minus_sign ➖|one 1️⃣|two 2️⃣|three 3️⃣|checkered_flag 🏁|triangular_flag_on_post 🚩|ghost 👻|broken_heart 💔`
    .split(/[|\n]/)
    .map((pair) => pair.trim().split(' '))
    .map(([name = '', character = '']) => [name, character]),
);

/** An emoji by Slack's short name; names that the page does not know stay as they were typed. */
export function emojiText(name: string): string {
  return Object.hasOwn(CHARACTERS, name) ? (CHARACTERS[name] ?? '') : `:${name}:`;
}
