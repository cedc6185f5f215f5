import { count, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import type { ProposalView } from '../../engine/view.ts';
import { bold, escapeText, paragraph, plain, richText, slackTime, when } from '../blocks.ts';
import { LIMITS, type Message } from '../limits.ts';

/** What tells an approver of a proposal. */
export interface NoticeInput {
  readonly view: ProposalView;
  /** The address of the proposal's message. */
  readonly link: string | undefined;
}

const TITLE = 200;
const HOSTS = 300;

/** A direct message to somebody who may approve: what waits for them, until when, and where. */
export function renderNotice({
  view,
  link,
  told,
}: NoticeInput & {
  /** How many people are told, of how many who may approve it. */
  readonly told: { readonly people: number; readonly of: number };
}): Message {
  const { id, expiresAt } = view.proposal;
  const what = `: ${subjectOf(view)}. Expires `;
  const others = told.people - 1;
  const also =
    others > 0 ? ` ${count(others, 'other person is', 'other people are')} told, too` : ' Nobody else is told';
  const hidden = told.of - told.people;
  const rest = hidden > 0 ? `; ${count(hidden, 'more person', 'more people')} may approve it.` : '.';
  return {
    text: `Proposal ${id} waits for you${escapeText(what)}${slackTime(expiresAt, '{time}')}.`,
    blocks: [
      richText(
        paragraph(
          bold(`Proposal ${id} waits for you`),
          plain(what),
          when(expiresAt),
          plain(`.${also}${rest}\n`),
          ...linkTo(link, 'Open the proposal'),
        ),
      ),
    ],
  };
}

/** The same message once nobody has to do anything any more: who decided, and when. */
export function renderSettledNotice({ view, link }: NoticeInput): Message {
  const { id } = view.proposal;
  const [what, at] = ending(view);
  const said = `Proposal ${id}: ${subjectOf(view)}. ${what}`;
  return {
    text: `${escapeText(said, LIMITS.topLevelText)}${at === undefined ? '' : ` ${slackTime(at)}`}`,
    blocks: [
      richText(
        paragraph(
          plain(said),
          ...(at === undefined ? [] : [plain(' '), when(at)]),
          plain('\n'),
          ...linkTo(link, 'Open it'),
        ),
      ),
    ],
  };
}

function subjectOf({ proposal: { plan } }: ProposalView): string {
  const hosts = list(plan.hosts.map(({ host }) => host));
  return `${shorten(plan.title, TITLE)} on ${shorten(hosts, HOSTS)}`;
}

function ending({ proposal, approvals, brokenGlass }: ProposalView): readonly [what: string, at: number | undefined] {
  if (brokenGlass) return [`It does not wait any more: ${brokenGlass.person} broke glass for it,`, brokenGlass.at];
  const rejected = approvals.find(({ verdict }) => verdict === 'reject');
  if (rejected) return [`Rejected by ${rejected.person},`, rejected.at];
  if (proposal.state === 'expired')
    return ['It expired before enough people approved; nothing was changed,', proposal.expiresAt];
  const people = list([...new Set(approvals.map(({ person }) => person))]);
  const last = approvals.at(-1);
  return last ? [`Approved by ${people},`, last.at] : ['It does not wait any more.', undefined];
}

function linkTo(url: string | undefined, text: string) {
  return url === undefined ? [plain('The Home tab here has it.')] : [{ type: 'link' as const, url, text }];
}
