import { focusChosen, show } from './drawing.mjs';
import { byId, data, make, names, on } from './page-data.mjs';

const MAX_MATCHES = 20;
const input = byId('search');
const matches = byId('matches');
let marked = 0;

/** Finds a class by a part of its name or place: a combobox with a list of matches. */
export function listenToSearch() {
  const haystack = names.map((name, id) => `${name}\n${data.sites[id]}`.toLowerCase());
  on(input, 'input', () => {
    const wanted = input.value.toLowerCase().trim();
    const found = [];
    for (let id = 0; id < haystack.length && found.length < MAX_MATCHES; id++) {
      if (haystack[id]?.includes(wanted)) found.push(id);
    }
    if (wanted === '') closeMatches();
    else openMatches(found);
  });
  on(input, 'keydown', searchKey);
  on(input, 'blur', closeMatches);
  // Before the blur that closes the list.
  on(matches, 'mousedown', (event) => {
    event.preventDefault();
    if (event.target instanceof Element) take(event.target.closest('[role=option]'));
  });
}

/** @param {number[]} found */
function openMatches(found) {
  const options = found.map((id, index) =>
    make(
      'span',
      { role: 'option', id: `match-${index}`, 'data-id': id },
      make('bdi', {}, names[id]),
      make('small', {}, data.sites[id]),
    ),
  );
  const none = make('span', { role: 'option', 'aria-disabled': 'true' }, 'no such class');
  matches.replaceChildren(...(options.length > 0 ? options : [none]));
  matches.hidden = false;
  input.setAttribute('aria-expanded', 'true');
  mark(0);
}

function closeMatches() {
  matches.hidden = true;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}

/** @param {number} at */
function mark(at) {
  marked = Math.max(0, Math.min(matches.children.length - 1, at));
  for (const [index, option] of [...matches.children].entries()) {
    option.setAttribute('aria-selected', String(index === marked));
    if (index !== marked) continue;
    input.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }
}

/** @param {Element | null | undefined} option */
function take(option) {
  if (!option?.hasAttribute('data-id')) return;
  closeMatches();
  input.value = '';
  show(Number(option.getAttribute('data-id')));
  focusChosen();
}

/** @param {KeyboardEvent} event */
function searchKey(event) {
  if (event.key === 'ArrowDown') mark(marked + 1);
  else if (event.key === 'ArrowUp') mark(marked - 1);
  else if (event.key === 'Enter' && !matches.hidden) take(matches.children[marked]);
  else if (event.key === 'Escape') closeMatches();
  else return;
  event.preventDefault();
}
