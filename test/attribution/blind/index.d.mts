import type { Program } from '../programs.mjs';

export const blind: readonly Program[];
