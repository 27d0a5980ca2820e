// @ts-check
/**
 * <stackwise-recommendations key="pk_…" occupation="…">: credentials that fit a job page.
 * One file, so that one `integrity` covers all of its code. It writes text only, never HTML.
 */

const HERE = new URL('.', import.meta.url);
const API = new URL('../../v1/widget/', HERE);
const TIMEOUT = 4000;
const FIRST_RETRY = 5000;
const LAST_RETRY = 60000;
const VISIBLE = 1000;
const SOON = 2000;
const MOST_EVENTS = 50;
const MOST_KEPT = 200;

/** Which locales there are beside English; each is a file beside this one. */
const LOCALES = ['es'];
/** @type {Words} */
const ENGLISH = {
  heading: 'Credentials for this job',
  free: 'Free',
  online: 'Online',
  in_person: 'In person',
  blended: 'Blended',
  general: 'General suggestions, ranked by value',
};
/** @type {Map<string, Promise<Words>>} */
const locales = new Map([['en', Promise.resolve(ENGLISH)]]);

/** The words of a language; English while they cannot be had. @param {string} language */
function wordsOf(language) {
  const known = locales.get(language);
  if (known) return known;
  const loading = fetch(new URL(`${language}.json`, HERE), { credentials: 'omit' })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .catch((error) => {
      locales.delete(language);
      console.debug('stackwise: in English', error);
      return ENGLISH;
    });
  locales.set(language, loading);
  return loading;
}

const QUERY = ['job-title', 'occupation', 'skills', 'region', 'language', 'limit'];
const ATTRIBUTES = ['key', ...QUERY, 'heading', 'target', 'linked-data', 'consent', 'lang'];

const STYLE = `
:host { display: block }
:host([hidden]), :host([state=empty]), :host([state=error]) { display: none !important }
section {
  all: initial; display: block; box-sizing: border-box; overflow-wrap: anywhere;
  min-block-size: calc(var(--rows) * var(--item) + 4.5em); --item: var(--stackwise-item-height, 8.9em);
  color: var(--stackwise-color, #1f2933); background: var(--stackwise-background, #fff);
  font: var(--stackwise-font, medium/1.4 system-ui, sans-serif);
}
h2 { margin: 0; font-size: 1.25em; line-height: 1.4 }
p { margin: 0; font-size: .875em; color: var(--stackwise-muted-color, #52606d) }
.note { min-block-size: 1.4em }
ul { margin: .5em 0 0; padding: 0; list-style: none }
li {
  display: flex; flex-direction: column; justify-content: center;
  box-sizing: border-box; min-block-size: calc(var(--item) - .75em); margin-block-end: .75em;
  padding: .75em 1em; border: 1px solid var(--stackwise-border-color, #cbd2d9);
  border-radius: var(--stackwise-radius, .5em);
}
a { color: var(--stackwise-link-color, #1d4ed8) }
a:focus-visible { outline: 3px solid var(--stackwise-focus-color, #1d4ed8); outline-offset: 2px }
.name { font-weight: 600 }
.name, .reason { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; padding: 3px; margin: -3px }
.facts { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.blank { background: var(--stackwise-border-color, #cbd2d9); opacity: .35; animation: wait 1.2s ease-in-out infinite alternate }
@keyframes wait { to { opacity: .15 } }
@media (prefers-reduced-motion: reduce) { .blank { animation: none } }
@media (forced-colors: active) { li { border-color: CanvasText } .blank { background: Canvas } }
`;
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);

/** What was seen and chosen of one key's lists, on its way; an event is sent once, whichever element saw it. */
class Outbox {
  /** @type {Exposure[]} */
  #events = [];
  /** @type {Set<string>} */
  #known = new Set();
  #timer = 0;

  /** @param {string} key */
  constructor(key) {
    this.key = key;
  }

  /** @param {string} kind @param {string} recommendation @param {string} credential */
  add(kind, recommendation, credential) {
    const id = JSON.stringify([kind, recommendation, credential]);
    if (this.#known.has(id)) return;
    if (this.#known.size >= 1000) this.#known.clear();
    this.#known.add(id);
    const occurred_at = new Date().toISOString();
    this.#events.push({ kind, credential_id: credential, recommendation_id: recommendation, occurred_at });
    this.#later(SOON);
  }

  drop() {
    this.#events = [];
  }

  /** `keepalive` outlives the page; `text/plain` needs no preflight; `sendBeacon` would send cookies. */
  async flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const events = this.#events.splice(0, MOST_EVENTS);
    if (!events.length) return;
    const body = JSON.stringify({ key: this.key, events });
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    const asking = { method: 'POST', body, headers, keepalive: true, referrerPolicy: /** @type {const} */ ('no-referrer') };
    const status = await fetch(new URL('events', API), { ...asking, credentials: 'omit' }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (!status || status === 429 || status >= 500) this.#events = [...events, ...this.#events].slice(-MOST_KEPT);
    if (this.#events.length) this.#later(status < 300 && status ? 0 : FIRST_RETRY);
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    this.#timer ||= setTimeout(() => this.flush(), milliseconds);
  }
}

/** @type {Map<string, Outbox>} */
const outboxes = new Map();
const flushAll = () => outboxes.forEach((outbox) => outbox.flush());
addEventListener('pagehide', flushAll);
document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flushAll());

/** The outbox of a key. @param {string} key */
function outboxOf(key) {
  const outbox = outboxes.get(key) ?? new Outbox(key);
  outboxes.set(key, outbox);
  return outbox;
}

/** A new element that holds text. @param {string} tag @param {string} part @param {string} [text] */
function made(tag, part, text = '') {
  const element = document.createElement(tag);
  element.setAttribute('part', part);
  element.className = part;
  element.textContent = text;
  return element;
}

/** The address if it is one that may be followed: http or https. @param {unknown} address */
function followable(address) {
  try {
    const url = new URL(String(address));
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Cost, hours, delivery and issuer in a line that a narrow page cuts off, without what is unknown. @param {Card} it @param {Words} words @param {string} language */
function factsOf(it, words, language) {
  const cost = it.net_cost;
  const amount = Number(cost?.amount);
  const price = cost && new Intl.NumberFormat(language, { style: 'currency', currency: cost.currency }).format(amount);
  const hours = it.workload_hours;
  const unit = new Intl.NumberFormat(language, { style: 'unit', unit: 'hour', unitDisplay: 'long' });
  const known = [cost && (amount ? price : words.free), hours && unit.format(hours)];
  return [...known, ...it.delivery.map((each) => words[each]), it.issuer.name].filter(Boolean).join(' · ');
}

/** The list in schema.org's terms: data in the page, for search engines. @param {Item[]} items */
function linkedData(items) {
  const type = (/** @type {string} */ name, /** @type {object} */ rest) => ({ '@type': name, ...rest });
  const entries = items.map(({ rank, credential: { name, url, issuer } }) => {
    const publisher = type('Organization', { name: issuer.name });
    return type('ListItem', { position: rank, item: type('EducationalOccupationalCredential', { '@id': url, name, url, publisher }) });
  });
  const script = document.createElement('script');
  script.type = 'application/ld+json';
  script.append(JSON.stringify({ '@context': 'https://schema.org', ...type('ItemList', { itemListElement: entries }) }));
  return script;
}

/** Why a request came to nothing. */
class Failed extends Error {
  /** @param {string} reason @param {number} status @param {number} after milliseconds before which not to ask again */
  constructor(reason, status = 0, after = 0) {
    super(reason);
    this.status = status;
    this.after = after;
  }
}

/** @param {URL} url @param {string} language @param {AbortSignal} leaving @returns {Promise<Answer>} */
async function ask(url, language, leaving) {
  const giving = new AbortController();
  const timer = setTimeout(() => giving.abort(), TIMEOUT);
  const leave = () => giving.abort();
  leaving.addEventListener('abort', leave);
  try {
    const headers = { 'accept-language': language };
    const answer = await fetch(url, { headers, signal: giving.signal, credentials: 'omit' });
    const after = Number(answer.headers.get('retry-after')) * 1000 || 0;
    if (!answer.ok) throw new Failed('status', answer.status, after);
    return await answer.json();
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw new Failed(giving.signal.aborted ? 'timeout' : 'network');
  } finally {
    clearTimeout(timer);
    leaving.removeEventListener('abort', leave);
  }
}

class StackwiseRecommendations extends HTMLElement {
  static observedAttributes = ATTRIBUTES;
  #root = this.attachShadow({ mode: 'open' });
  #section = document.createElement('section');
  #asked = new AbortController();
  #retry = 0;
  #delay = FIRST_RETRY;
  #changed = false;
  /** @type {Answer | null} */
  #shown = null;
  /** @type {IntersectionObserver | null} */
  #watching = null;
  /** @type {Map<Element, number>} */
  #visible = new Map();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#section.setAttribute('part', 'section');
    this.#section.setAttribute('aria-labelledby', 'heading');
    this.#root.append(this.#section);
  }

  connectedCallback() {
    // What was set before this script was there.
    for (const [, property] of PROPERTIES) {
      if (!Object.hasOwn(this, property)) continue;
      const own = /** @type {any} */ (this);
      const value = own[property];
      delete own[property];
      own[property] = value;
    }
    this.#shown = null;
    this.#later();
  }

  disconnectedCallback() {
    this.#asked.abort();
    clearTimeout(this.#retry);
    this.#unwatch();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    if (name !== 'consent') return this.#later();
    if (!this.#consented) outboxes.get(this.#of('key'))?.drop();
    this.#watch();
  }

  /** Asks again; returns when that has an end. The list stays while there is no other. */
  async refresh() {
    clearTimeout(this.#retry);
    this.#asked.abort();
    const { signal } = (this.#asked = new AbortController());
    const language = this.#language();
    if (!this.#shown) this.#wait();
    try {
      const words = wordsOf(LOCALES.includes(language.split('-')[0]) ? language.split('-')[0] : 'en');
      const answer = await ask(this.#url(), language, signal);
      const known = await words;
      if (!signal.aborted) this.#show(answer, known, language);
    } catch (error) {
      if (!signal.aborted) this.#fail(error instanceof Failed ? error : new Failed('answer'));
    }
  }

  /** Once for all attributes that change in one turn. */
  #later() {
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      this.#delay = FIRST_RETRY;
      if (this.isConnected) this.refresh();
    });
  }

  /** @param {string} name */
  #of(name) {
    return this.getAttribute(name) ?? '';
  }

  get #rows() {
    return Math.min(Math.max(parseInt(this.#of('limit')) || 3, 1), 50);
  }

  get #consented() {
    const privately = /** @type {any} */ (navigator).globalPrivacyControl;
    return !privately && ['', 'true', 'granted'].includes(this.getAttribute('consent') ?? 'none');
  }

  #language() {
    const given = /** @type {HTMLElement | null} */ (this.closest('[lang]'))?.lang || navigator.language;
    try {
      return Intl.getCanonicalLocales(given)[0] ?? 'en';
    } catch {
      return /^[a-z]{2,3}\b/i.exec(given)?.[0] ?? 'en';
    }
  }

  #url() {
    const url = new URL('recommendations', API);
    url.searchParams.set('key', this.#of('key'));
    url.searchParams.set('limit', String(this.#rows));
    for (const name of QUERY.filter((each) => each !== 'limit' && this.#of(each))) {
      url.searchParams.set(name.replace('-', '_'), this.#of(name));
    }
    return url;
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(`stackwise:${name}`, { detail, cancelable, bubbles: true, composed: true }));
  }

  #wait() {
    const blanks = Array.from({ length: this.#rows }, () => made('li', 'blank'));
    this.#fill(ENGLISH, blanks, '');
    this.#section.setAttribute('aria-busy', 'true');
    this.setAttribute('state', 'loading');
  }

  /** @param {Words} words @param {HTMLElement[]} rows @param {string} note */
  #fill(words, rows, note) {
    const heading = made('h2', 'heading', this.#of('heading') || words.heading);
    heading.id = 'heading';
    const list = made('ul', 'list');
    list.setAttribute('role', 'list');
    list.append(...rows);
    if (rows[0]?.className === 'blank') [heading, list].forEach((each) => each.setAttribute('aria-hidden', 'true'));
    this.#section.style.setProperty('--rows', String(rows.length));
    this.#section.replaceChildren(heading, made('p', 'note', note), list);
  }

  /** @param {Answer} answer @param {Words} words @param {string} language */
  #show(answer, words, language) {
    clearTimeout(this.#retry);
    if (answer.fallback) this.#again(0);
    else this.#delay = FIRST_RETRY;
    const state = answer.items.length ? 'ready' : 'empty';
    const focused = /** @type {HTMLElement | null} */ (this.#root.activeElement)?.dataset.id;
    const advisories = answer.target?.advisories ?? [];
    const notes = [answer.fallback && answer.fallback !== 'stale' && words.general, ...advisories.map((each) => each.text)];
    this.#shown = answer;
    this.#section.lang = language;
    this.#section.removeAttribute('aria-busy');
    this.#fill(words, answer.items.map((item) => this.#row(item, words, language)), notes.filter(Boolean).join(' '));
    this.setAttribute('state', state);
    if (this.hasAttribute('linked-data')) this.replaceChildren(linkedData(answer.items));
    if (focused) [...this.#root.querySelectorAll('a')].find((link) => link.dataset.id === focused)?.focus();
    this.#watch();
    const detail = { recommendationId: answer.recommendation_id, count: answer.items.length, fallback: answer.fallback };
    this.#tell(state === 'ready' ? 'load' : 'empty', detail);
  }

  /** @param {Item} item @param {Words} words @param {string} language */
  #row(item, words, language) {
    const row = made('li', 'item');
    row.dataset.id = item.credential.id;
    const why = [item.reasons[0], ...item.advisories].filter(Boolean).map((each) => each.text).join('. ');
    const title = made('div', 'name');
    title.append(this.#link(item));
    row.append(title, made('p', 'facts', factsOf(item.credential, words, language)), made('p', 'reason', why));
    row.querySelectorAll('*').forEach((each) => each.setAttribute('dir', 'auto'));
    return row;
  }

  /** @param {Item} item */
  #link(item) {
    const { id, name, url } = item.credential;
    const href = followable(url);
    if (!href) return made('span', 'title', name);
    const link = /** @type {HTMLAnchorElement} */ (made('a', 'link', name));
    link.href = href;
    link.rel = 'noopener';
    link.dataset.id = id;
    if (/^_(blank|top|self)$/.test(this.#of('target'))) link.target = this.#of('target');
    const chosen = (/** @type {MouseEvent} */ event) => {
      if (event.button > 1) return;
      this.#report('click', id);
      const detail = { credential: item.credential, rank: item.rank, recommendationId: this.#shown?.recommendation_id };
      if (!this.#tell('select', detail, true)) event.preventDefault();
    };
    link.addEventListener('click', chosen);
    link.addEventListener('auxclick', chosen);
    return link;
  }

  /** The page is never told but by an event; a list that is shown stays. @param {Failed} error */
  #fail(error) {
    if (!this.#shown) this.setAttribute('state', 'error');
    this.#section.removeAttribute('aria-busy');
    if (!error.status || error.status === 429 || error.status >= 500) this.#again(error.after);
    this.#tell('error', { reason: error.message, status: error.status });
  }

  /** @param {number} atLeast milliseconds */
  #again(atLeast) {
    this.#retry = setTimeout(() => this.refresh(), Math.max(atLeast, this.#delay * (0.75 + Math.random() / 2)));
    this.#delay = Math.min(this.#delay * 2, LAST_RETRY);
  }

  /** @param {string} kind @param {string} credential */
  #report(kind, credential) {
    if (this.#shown && this.#consented) outboxOf(this.#of('key')).add(kind, this.#shown.recommendation_id, credential);
  }

  /** An impression: half of an item visible for a second, in a page that is looked at. */
  #watch() {
    this.#unwatch();
    if (!this.#shown || !this.#consented) return;
    const observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#see(entry)), { threshold: 0.5 });
    this.#root.querySelectorAll('li.item').forEach((row) => observer.observe(row));
    this.#watching = observer;
  }

  #unwatch() {
    this.#watching?.disconnect();
    this.#visible.forEach((timer) => clearTimeout(timer));
    this.#visible.clear();
  }

  /** @param {IntersectionObserverEntry} entry */
  #see({ target, intersectionRatio, isIntersecting }) {
    clearTimeout(this.#visible.get(target));
    if (!isIntersecting || intersectionRatio < 0.5) return;
    const seen = () => {
      if (document.visibilityState === 'visible') this.#report('impression', /** @type {HTMLElement} */ (target).dataset.id ?? '');
    };
    this.#visible.set(target, setTimeout(seen, VISIBLE));
  }
}

const PROPERTIES = ATTRIBUTES.filter((each) => each !== 'lang').map((name) => [
  name,
  name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()),
]);
for (const [name, property] of PROPERTIES) {
  Object.defineProperty(StackwiseRecommendations.prototype, property, {
    /** @this {HTMLElement} */
    get() {
      return /^(consent|linked-data)$/.test(name) ? this.hasAttribute(name) : this.getAttribute(name);
    },
    /** @this {HTMLElement} @param {unknown} value */
    set(value) {
      if (value === null || value === undefined || value === false) this.removeAttribute(name);
      else this.setAttribute(name, value === true ? '' : String(value));
    },
  });
}
if (!customElements.get('stackwise-recommendations')) customElements.define('stackwise-recommendations', StackwiseRecommendations);
