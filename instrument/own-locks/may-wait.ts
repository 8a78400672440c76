/** What a text has in which somebody waits for his turn. Cheap: most texts are passed over for it. */
export const MAY_WAIT: RegExp =
  /\bnew\s+Promise\b|\bwithResolvers\b|\.\s*then\s*\(|\bonce\s*\(\s*this\b|\bwhile\s*\([^;{]*\)\s*\{?\s*await\b/;
