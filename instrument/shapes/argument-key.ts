/** What tells the arguments of a call from others; an object is told by its identity, which is no name. */
export function keyOfArguments(args: readonly unknown[]): unknown {
  if (args.length < 2) return args[0];
  const object = args.find((arg) => typeof arg === 'object' || typeof arg === 'function');
  return object ?? args.map((arg) => (typeof arg === 'string' ? JSON.stringify(arg) : String(arg))).join(', ');
}
