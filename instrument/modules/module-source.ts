/** What a load hook hands on. */
export interface LoadResult {
  readonly format?: string | null | undefined;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray | null | undefined;
}

/**
 * Source of an ES module of a watched package with a line that announces it. The line may read and set the functions it
 * exports by the given names: the exports follow. A default export without a name of its own, and one that is a
 * constant, become variables for that. Lines keep their numbers.
 *
 * Runs in the hooks thread on Node 20, so it stands alone.
 */
export function announced(
  url: string,
  result: LoadResult,
  pattern: RegExp,
  rebinds: Readonly<Record<string, readonly string[]>>,
): LoadResult {
  const [, name, file] = pattern.exec(url) ?? [];
  const { format, source } = result;
  if (name === undefined || format !== 'module' || source === null || source === undefined) return result;
  let text = typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array);
  let more = '';
  const bindings: string[] = [];
  for (const exported of rebinds[name] ?? []) {
    let local = exported;
    const listed = new RegExp(`\\bexport\\s*\\{[^}]*?([\\w$]+)\\s+as\\s+${exported}\\b[^}]*\\}(?!\\s*from)`).exec(text);
    if (listed !== null) local = listed[1] as string;
    else if (exported === 'default') {
      const declared = /(?:^|[;}])\s*export\s+default\s+(?:async\s+)?(?:function\s*\*?|class)\s+(?!extends\b)([\w$]+)/m;
      const variable = /((?:^|[;}])\s*)export\s+default\s+([A-Za-z_$][\w$]*)[^\S\n]*(?:;|\n|$)/m;
      const found = declared.exec(text) ?? variable.exec(text);
      local = found?.at(-1) ?? '__dept_default';
      if (found === null) {
        const before = text;
        text = text.replace(/((?:^|[;}])\s*)export\s+default\b/m, '$1let __dept_default =');
        if (text === before) continue;
        // Without a declaration it would be called after the variable.
        more =
          "if(typeof __dept_default==='function'&&__dept_default.name==='__dept_default')" +
          "Object.defineProperty(__dept_default,'name',{value:'default',configurable:true});" +
          'export{__dept_default as default};';
      } else if (found.length === 3) text = text.replace(variable, '$1export {$2 as default};\n');
    }
    text = text.replace(new RegExp(`\\bconst(\\s+${local.replaceAll('$', '\\$')}\\s*=)`), 'let$1');
    bindings.push(
      `${JSON.stringify(exported)}:[()=>typeof ${local}==='function'?${local}:undefined,(f)=>{${local}=f}]`,
    );
  }
  const about = `${JSON.stringify(name)},${JSON.stringify(file)}`;
  const call = `globalThis[Symbol.for('dept.loaded')]?.(${about},__dept,{${bindings.join(',')}},${JSON.stringify(url)})`;
  return { ...result, source: `${text}\n${more}import * as __dept from ${JSON.stringify(url)};${call};` };
}
