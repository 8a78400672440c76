const NAME = '[A-Za-z_][\\w.-]*';
const VALUE = '"(?:[^<&"]|&(?:amp|lt|gt|quot|apos|#\\d+);)*"';
const TAG = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}=${VALUE})*)\\s*(/?)>`, 'y');
const TEXT = /(?:[^<&]|&(?:amp|lt|gt|quot|apos|#\d+);)+/y;
const LEGAL = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(#?\w+);/g, (_all, name: string) =>
    name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : (names[name] ?? ''),
  );
}

/** The elements of an XML document in the order they end. @throws Error where it is not well-formed XML 1.0 */
export function parseXml(xml: string): readonly XmlElement[] {
  if (!LEGAL.test(xml)) throw new Error('a character that XML does not allow');
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!xml.startsWith(head)) throw new Error('no XML declaration');
  const open: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const ended: XmlElement[] = [];
  for (let at = head.length; at < xml.length; ) {
    const pattern = xml[at] === '<' ? TAG : TEXT;
    pattern.lastIndex = at;
    const match = pattern.exec(xml);
    if (match === null) throw new Error(`not well-formed at ${JSON.stringify(xml.slice(at, at + 40))}`);
    at = pattern.lastIndex;
    if (pattern === TEXT) {
      const inside = open.at(-1);
      if (inside === undefined && match[0].trim() !== '') throw new Error('text outside of the root');
      if (inside !== undefined) inside.text += unescaped(match[0]);
      continue;
    }
    const [, slash, name = '', rest = '', isEmpty] = match;
    if (slash === '') {
      const pairs = [...rest.matchAll(new RegExp(`(${NAME})=(${VALUE})`, 'g'))];
      const attributes = Object.fromEntries(
        pairs.map(([, key, value]) => [key, unescaped((value ?? '').slice(1, -1))]),
      );
      if (Object.keys(attributes).length !== pairs.length) throw new Error(`an attribute twice in ${name}`);
      open.push({ name, attributes, text: '' });
    }
    if (slash === '/' || isEmpty === '/') {
      const last = open.pop();
      if (last?.name !== name) throw new Error(`${name} ends inside of ${last?.name}`);
      ended.push(last);
    }
  }
  if (open.length > 0) throw new Error(`${open[0]?.name} does not end`);
  return ended;
}
