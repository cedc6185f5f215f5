import { unknownName } from '../../base/yaml-source.ts';
import type { LintRule } from './lint-rule.ts';

/** An offer gives way to earlier offers only: proposals are planned in the order of the file. */
export const earlierOffers: LintRule = ({ source }) => {
  const offers = source.value.offers ?? [];
  return offers.flatMap(({ unless = [] }, index) => {
    const earlier = offers.slice(0, index).map(({ remedy }) => remedy);
    return unless.flatMap((name, position) =>
      earlier.includes(name)
        ? []
        : [unknownName('earlier offer', name, earlier, source.locate(['offers', index, 'unless', position]))],
    );
  });
};
