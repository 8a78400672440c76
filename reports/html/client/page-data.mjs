// The script of the page runs in a browser, from a file. What a program named reaches the document through textContent and
// setAttribute only.

/** @typedef {import('../graph-data.ts').GraphData} GraphData */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {any} target @param {string} type @param {(event: any) => void} listener @param {object} [options] */
export const on = (target, type, listener, options) => target.addEventListener(type, listener, options);

/**
 * @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes, ...children) {
  const isSvg = /^(g|rect|text|title|path)$/.test(tag);
  const element = isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, String(attributes[name]));
  element.append(...children);
  return element;
}

/** @type {GraphData} */
export const data = JSON.parse(byId('data').textContent);
export const names = data.names;
export const edges = data.edges;
/** For each class, where the edges that leave it begin in `edges`. @type {number[][]} */
export const leaving = names.map(() => []);
/** The same for those that reach it. @type {number[][]} */
export const reaching = names.map(() => []);
for (let at = 0; at < edges.length; at += 4) {
  leaving[edges[at]]?.push(at);
  reaching[edges[at + 1]]?.push(at);
}

/** A key of the page, not one of the browser. @param {KeyboardEvent} event */
export const isOurs = ({ ctrlKey, metaKey, altKey }) => !(ctrlKey || metaKey || altKey);

/** @param {number} at */
export const isTimed = (at) => (edges[at + 3] & 1) === 1;
/** @param {number} at */
export const isOnCircle = (at) => (edges[at + 3] & 2) === 2;
/** @param {number} at */
export const contextOf = (at) => data.contexts[edges[at + 2]];
/** @param {number} id */
export const kindOf = (id) => data.kinds[data.kindOf[id]];
