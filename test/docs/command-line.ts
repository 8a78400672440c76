/** A line of an `sh` block. */
export interface CommandLine {
  readonly env: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  /** From a comment `# exit code N`; 0 without one. */
  readonly exitCode: number;
}

/** Names a reader has to replace: FILE, COMMAND..., app.js. */
const PLACEHOLDER = /^\[?(?:[A-Z]{2,}(?:\.\.\.)?|app\.[cm]?[jt]s)\]?$/;
const WORD = /'([^']*)'|"([^"$`\\]*)"|([^\s'"|&;<>$`\\]+)/y;

/** Splits a line as a shell would. @throws Error for anything but words, quotes, variables in front and a comment */
export function parseCommandLine(line: string): CommandLine {
  const [command = '', comment = ''] = line.split(/\s+#\s*/, 2);
  const exitCode = Number(/^exit code (\d+)$/.exec(comment)?.[1] ?? 0);
  const words: string[] = [];
  const env: Record<string, string> = {};
  for (let at = 0; at < command.length; ) {
    if (command[at] === ' ') {
      at++;
      continue;
    }
    WORD.lastIndex = at;
    const match = WORD.exec(command);
    if (match === null) throw new Error(`only plain words are allowed in a command: ${line}`);
    at = WORD.lastIndex;
    const word = match[1] ?? match[2] ?? match[3] ?? '';
    const variable = words.length === 0 ? /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(word) : null;
    if (variable === null) words.push(word);
    else env[variable[1] ?? ''] = variable[2] ?? '';
  }
  return { env, words, exitCode };
}

/** True for a line that only shows the form of a command. */
export function hasPlaceholder({ words }: CommandLine): boolean {
  return words.some((word) => PLACEHOLDER.test(word));
}

/** The flags that belong to dept itself: those before a lone `--`. */
export function ownFlags(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end))
    .filter((word) => /^-/.test(word))
    .map((word) => word.split('=')[0] ?? '');
}
