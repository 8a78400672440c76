import type { Program } from './programs.mjs';

export const adversarial: readonly Program[];
