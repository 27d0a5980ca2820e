import { gap, h, interval, money, path } from './draw.js';
import { follow } from './stream.js';

const at = (id) => document.getElementById(id);
const say = (...text) => at('status').replaceChildren(...text);
const LISTED = 6;
const AWAY = 'Stackwise does not answer just now; this page goes on by itself when it does.';
let session = null;

async function call(whose, method, address, body) {
  const answer = await fetch(`/v1/learners/${whose.learner_id}${address}`, {
    method, credentials: 'omit',
    headers: { authorization: `Bearer ${whose.token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function begin(person) {
  session?.stopping.abort();
  const mine = { person, stopping: new AbortController(), seen: null, sent: null, listed: new Set() };
  mine.news = [`This is ${person.name}’s list, live. Complete something.`];
  session = mine;
  for (const each of at('people').children) each.setAttribute('aria-pressed', each.value === person.id);
  say(`Preparing ${person.name}’s list…`);
  at('work').hidden = true;
  try {
    const made = await fetch(`/demo/sessions/${person.id}`, { method: 'POST', credentials: 'omit' });
    if (!made.ok) throw new Error(String(made.status));
    Object.assign(mine, await made.json());
    await call(mine, 'PUT', '', person.profile);
  } catch {
    if (mine === session) say('Stackwise does not answer just now. Please choose again in a moment.');
    return;
  }
  if (mine !== session) return;
  const url = `/v1/learners/${mine.learner_id}/recommendations/stream?limit=${LISTED}`;
  follow(url, mine.token, mine.stopping.signal, (list) => mine === session && told(mine, list), () => mine === session && look(mine));
  drawGoal(mine);
}

function told(mine, list) {
  const now = performance.now();
  mine.seen = { position: list.freshness.position ?? -1, now };
  const first = at('work').hidden;
  at('work').hidden = false;
  const focused = document.activeElement?.closest('#list li')?.dataset.id;
  at('list').replaceChildren(...list.items.map((item) => entry(mine, item, list, !first && !mine.listed.has(item.credential.id))));
  if (focused) [...at('list').children].find((each) => each.dataset.id === focused)?.querySelector('button').focus();
  if (!list.items.length) at('list').append(h('li', {}, 'Nothing fits yet.'));
  mine.listed = new Set(list.items.map((item) => item.credential.id));
  if (mine.sent) settle(mine);
  else say(...mine.news);
}

function settle(mine) {
  const { sent, seen } = mine;
  if (sent.position === undefined || seen.position < sent.position) return;
  const delay = `${Math.round(seen.now - sent.begun)} ms`;
  mine.news = [`${sent.name} completed. The list changed `, h('span', { class: 'delay' }, delay), ' after your click.'];
  mine.sent = null;
  say(...mine.news);
  for (const button of at('list').querySelectorAll('button')) button.disabled = false;
  drawGoal(mine);
}

function entry(mine, item, list, fresh) {
  const card = item.credential;
  const button = h('button', { type: 'button', 'aria-label': `Completed ${card.name}` }, 'Completed');
  button.disabled = mine.sent !== null;
  button.addEventListener('click', () => complete(mine, card, list));
  return h('li', { class: fresh ? 'new' : '', 'data-id': card.id },
    h('strong', {}, card.name), h('p', { class: 'employer' }, `${card.issuer.name} · ${money(card.net_cost)} · ${card.workload_hours ?? '?'} hours`),
    ...item.reasons.map((each) => h('p', { class: 'note' }, each.text)), interval(item.value), button);
}

async function complete(mine, card, list) {
  mine.sent = { name: card.name, begun: performance.now() };
  for (const button of at('list').querySelectorAll('button')) button.disabled = true;
  say(`Completing ${card.name}…`);
  const event = { credential_id: card.id, kind: 'complete', occurred_at: new Date().toISOString(), recommendation_id: list.recommendation_id };
  try {
    const taken = await call(mine, 'POST', '/interactions', { events: [event] });
    if (taken.position === null) throw new Error('not accepted');
    mine.sent.position = taken.position;
    if (mine === session) settle(mine);
  } catch {
    mine.sent = null;
    for (const button of at('list').querySelectorAll('button')) button.disabled = false;
    if (mine === session) say('That could not be sent. Please try again in a moment.');
  }
}

/** While the stream cannot be had the list is asked for, until it includes what was sent. */
async function look(mine) {
  try {
    const least = mine.sent?.position === undefined ? '' : `&min_position=${mine.sent.position}`;
    const list = await call(mine, 'GET', `/recommendations?limit=${LISTED}${least}`);
    if (mine === session) told(mine, list);
  } catch (error) {
    if (mine !== session) return;
    if (!['401', '404'].includes(error.message)) return say(AWAY);
    mine.stopping.abort();
    say('This visit has ended. Please choose again who you are.');
  }
}

async function drawGoal(mine) {
  const draw = async (id, asked, drawing) => {
    try {
      const found = await asked;
      if (mine === session) at(id).replaceChildren(...drawing(found));
    } catch {
      if (mine === session) at(id).replaceChildren(h('p', { class: 'note' }, 'This cannot be drawn just now.'));
    }
  };
  const occupation = mine.person.profile.target_occupation;
  await Promise.all([draw('gap', call(mine, 'GET', '/gap'), gap), draw('path', call(mine, 'POST', '/pathways', { occupation }), path)]);
}

async function people() {
  for (;;) {
    const answer = await fetch('/demo/people').catch(() => null);
    if (answer?.ok) return answer.json();
    say(AWAY);
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}

for (const person of await people()) {
  const button = h('button', { type: 'button', value: person.id, 'aria-pressed': 'false' },
    person.name, h('small', {}, `${person.now} → ${person.goal}`), h('small', {}, person.about));
  button.addEventListener('click', () => begin(person));
  at('people').append(button);
}
