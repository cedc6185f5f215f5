import { type Directory, isDirect } from '../workspace/directory.ts';

/** What a person typed, in the form that Slack sends: `&`, `<` and `>` escaped, names turned into references. */
export function encodeTyped(text: string, directory: Directory): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped
    .replace(/@([a-z0-9._-]+)/gi, (typed, name: string) => {
      const member = directory.members.find((candidate) => candidate.name === name);
      return member ? `<@${member.id}>` : typed;
    })
    .replace(/(^|\s)#([a-z0-9_-]+)/gi, (typed, space: string, name: string) => {
      const channel = directory.conversations.find((one) => !isDirect(one) && one.name === name);
      return channel ? `${space}<#${channel.id}|${channel.name}>` : typed;
    });
}

/**
 * The text of a slash command as Slack sends it when the app's manifest has `should_escape: true`: mentions of people
 * and channels become `<@U1|name>` and `<#C1|name>`, other `@` words stay.
 */
export function encodeCommandText(text: string, directory: Directory): string {
  return text
    .replace(/(^|\s)@([a-z0-9._-]+)/gi, (typed, space: string, name: string) => {
      const member = directory.members.find((candidate) => candidate.name === name);
      return member ? `${space}<@${member.id}|${member.name}>` : typed;
    })
    .replace(/(^|\s)#([a-z0-9_-]+)/gi, (typed, space: string, name: string) => {
      const channel = directory.conversations.find((one) => !isDirect(one) && one.name === name);
      return channel ? `${space}<#${channel.id}|${channel.name}>` : typed;
    });
}
