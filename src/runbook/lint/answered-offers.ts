import { unknownName } from '../../base/yaml-source.ts';
import type { LintRule } from './lint-rule.ts';

/** An offer answers rules that this runbook uses. */
export const answeredOffers: LintRule = ({ source }) => {
  const used = source.value.rules.map(({ rule }) => rule);
  return (source.value.offers ?? []).flatMap((offer, index) =>
    offer.for
      .map((name, position) => ({ name, position }))
      .filter(({ name }) => !used.includes(name))
      .map(({ name, position }) =>
        unknownName("rule of this runbook's", name, used, source.locate(['offers', index, 'for', position])),
      ),
  );
};
