/** A line of a stack: what stands before the place, and the place. */
const FRAME = /^ *at (?:(.*?) \()?(.*?)\)?$/;

/**
 * A stack with the names that the engine gives its functions. Who maps places may take the name of a function from the same entry of
 * the source map, where it is the name of what is called there (as jest does: `Shop.acquire [as place]` for `Shop.place`).
 * @param unmapped the same frames as the engine prints them
 */
export function withNamesOf(unmapped: readonly string[], stack: string): string {
  const lines = stack.split('\n');
  const frames = lines.filter(isFrame);
  if (frames.length !== unmapped.length) return stack;
  const named = frames.map((frame, i) => {
    const [, name] = FRAME.exec(unmapped[i] as string) ?? [];
    const [, , place = ''] = FRAME.exec(frame) ?? [];
    return name === undefined ? `    at ${place}` : `    at ${name} (${place})`;
  });
  return [...lines.slice(0, lines.findIndex(isFrame)), ...named].join('\n');
}

function isFrame(line: string): boolean {
  return /^ +at /.test(line);
}
