import type { PersonName } from '../base/ids.ts';
import type { Surface } from './model.ts';

/** Who asks for something, from where. */
export interface Asker {
  readonly person: PersonName;
  readonly surface: Surface;
}
