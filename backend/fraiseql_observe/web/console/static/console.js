// What the pages do beyond links and forms: live updates that move nothing under the reader's finger, times in the
// reader's zone, filters without a button, and keys.
'use strict';
(() => {
  const IDLE = 30_000; // milliseconds without a touch after which the list may be laid anew
  const RETRY = 30_000;
  const root = document.documentElement;
  const list = () => document.querySelector('[data-live-list]');
  const news = document.getElementById('news');
  let touched = Date.now();
  let free = false; // the next answer may lay the list anew
  let focused = '';
  root.classList.add('scripted');

  // Times.

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const date = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

  function localise(part) {
    const today = new Date().toDateString();
    for (const time of part.querySelectorAll('time')) {
      const at = new Date(time.dateTime);
      time.title = whole.format(at);
      if (!('ago' in time.dataset)) time.textContent = (at.toDateString() === today ? clock : date).format(at);
    }
    for (const field of part.querySelectorAll('[data-zone]')) field.value = zone;
    for (const name of part.querySelectorAll('[data-zone-name]')) name.textContent = zone;
  }
  localise(document);

  // Live updates.

  for (const kind of ['pointerdown', 'pointermove', 'keydown', 'scroll', 'focusin'])
    addEventListener(kind, () => { touched = Date.now(); }, { passive: true, capture: true });

  const refresh = () => document.body.dispatchEvent(new CustomEvent('changed'));
  let stream;
  function listen() {
    // Browsers allow few connections to a host: a page that nobody sees gives its own back.
    stream?.close();
    stream = null;
    if (document.hidden || !document.body.dataset.live) return;
    stream = new EventSource(document.body.dataset.live);
    stream.addEventListener('changed', refresh);
    stream.addEventListener('error', ({ target }) => {
      refresh(); // is the server gone, or only the stream?
      if (target.readyState === EventSource.CLOSED) setTimeout(listen, RETRY);
    });
  }
  document.addEventListener('visibilitychange', () => { listen(); if (!document.hidden) refresh(); });
  listen();

  // Whoever is on call must know when the page is old. The next answer takes the sentence away again.
  let heard = new Date();
  function silence() {
    const notice = document.getElementById('notice');
    notice.textContent = `No answer since ${clock.format(heard)}. This may be old.`;
    notice.classList.add('bad');
  }
  document.addEventListener('htmx:error', silence);
  document.addEventListener('htmx:response:error', silence);

  /** Put the coming rows where their forerunners are; count those that have none. */
  function hold(rows, coming) {
    const next = new Map([...coming.children].map((row) => [row.id, row]));
    const kept = [...rows.children].map((row) => {
      const successor = next.get(row.id);
      next.delete(row.id);
      return successor ?? gone(row);
    });
    coming.replaceChildren(...kept);
    return [...next.values()];
  }

  function gone(row) {
    const left = row.cloneNode(true);
    left.classList.add('gone');
    left.querySelectorAll('button').forEach((button) => button.remove());
    const how = left.querySelector('.how');
    if (how) how.textContent = 'no longer in this list';
    return left;
  }

  function announce(fresh) {
    news.hidden = fresh.length === 0;
    news.textContent = fresh.length === 1 ? '1 new incident: show' : `${fresh.length} new incidents: show`;
    news.classList.toggle('hot', fresh.some((row) => row.classList.contains('critical')));
  }

  document.addEventListener('htmx:before:swap', ({ detail: { tasks } }) => {
    const main = tasks.find((task) => task.type === 'main');
    if (!main) return;
    localise(main.fragment);
    focused = document.activeElement?.closest?.('.row')?.id ?? '';
    const rows = document.getElementById('rows');
    if (!rows || !list()?.contains(rows)) return;
    if (free || Date.now() - touched > IDLE) return announce([]);
    let coming = main.fragment.querySelector('#rows');
    if (!coming) {
      coming = rows.cloneNode(false);
      main.fragment.querySelector('.empty')?.replaceWith(coming);
    }
    announce(hold(rows, coming));
  });

  document.addEventListener('htmx:after:swap', () => {
    free = false;
    heard = new Date();
    // The button that had the focus may be gone; its row is not.
    if (focused && document.activeElement === document.body)
      document.getElementById(focused)?.querySelector('a.title')?.focus({ preventScroll: true });
  });

  news?.addEventListener('click', () => {
    free = true;
    refresh();
    document.getElementById('main').focus({ preventScroll: true });
    scrollTo({ top: 0 });
  });

  // Filters: the address follows what is chosen, and the list follows the address.

  const filters = document.getElementById('filters');
  let waiting;
  function choose() {
    const chosen = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
    const address = filters.getAttribute('action') + (chosen.size ? `?${chosen}` : '');
    history.replaceState(null, '', address);
    filters.querySelector('.clear').hidden = chosen.size === 0;
    free = true;
    htmx.ajax('GET', address, { target: '#list', swap: 'outerMorph' });
  }
  filters?.addEventListener('input', ({ target }) => {
    clearTimeout(waiting);
    waiting = setTimeout(choose, target.type === 'search' ? 250 : 0);
  });
  filters?.addEventListener('submit', (event) => { event.preventDefault(); clearTimeout(waiting); choose(); });

  // Keys.

  const typing = (element) => element.matches?.('input:not([type=checkbox]), textarea, select');
  const keys = document.getElementById('keys');
  if (keys) {
    keys.closest('p').hidden = false;
    keys.checked = localStorage.getItem('keys') !== 'off';
    keys.addEventListener('change', () => localStorage.setItem('keys', keys.checked ? 'on' : 'off'));
  }

  function step(by) {
    const links = [...document.querySelectorAll('.row a.title')];
    const at = links.indexOf(document.activeElement?.closest('.row')?.querySelector('a.title'));
    const to = at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by));
    links[to]?.focus();
  }

  const bindings = {
    j: () => step(1),
    k: () => step(-1),
    a: () => document.activeElement?.closest('.row')?.querySelector('[data-acknowledge]')?.click(),
    '/': () => document.getElementById('text')?.focus(),
  };
  addEventListener('keydown', (event) => {
    const menu = document.querySelector('.menu[open]');
    if (event.key === 'Escape' && menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
    if (!keys?.checked || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = bindings[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  addEventListener('click', ({ target }) => {
    for (const menu of document.querySelectorAll('.menu[open]')) if (!menu.contains(target)) menu.open = false;
  });
})();
