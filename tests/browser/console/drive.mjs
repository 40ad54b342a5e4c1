// Drives a real Chromium through the console and prints what it saw, as JSON by scenario.
//
//   node drive.mjs --url URL --link TOKEN --out DIR
//
// Scenarios run one after another against one server; each says what it found, and the tests judge it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';

const { values: given } = parseArgs({ options: { url: { type: 'string' }, link: { type: 'string' }, out: { type: 'string' } } });
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { width: 1280, height: 800, deviceScaleFactor: 1 };
const PATIENCE = { timeout: 8000 };

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--force-color-profile=srgb'],
});
const complaints = [];

/** A page of its own browser profile, logged in unless told otherwise. */
async function open({ quiet = false, viewport = DESKTOP, scheme = 'light', scripts = true, token = 'fqo_writer', features = [] } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (!quiet && ['error', 'warn'].includes(message.type())) complaints.push(message.text());
  });
  await page.setViewport(viewport);
  await page.emulateTimezone('Europe/Berlin');
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, ...features]);
  await page.setJavaScriptEnabled(scripts);
  if (token) {
    await page.goto(`${given.url}/login`);
    await page.type('[name=token]', token);
    await leave(page, () => page.keyboard.press('Enter'));
  }
  return page;
}

const close = (page) => page.browserContext().close();

async function leave(page, act) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), act()]);
}

const visit = (page, path) => page.goto(given.url + path, { waitUntil: 'load' });

async function tell(name, { severity = 'critical', status = 'firing', service = 'checkout', summary = `${name} fires` } = {}) {
  const labels = { alertname: name, severity, service, instance: 'app-1:8000' };
  const startsAt = '2026-01-05T10:00:00Z';
  const body = {
    version: '4', groupKey: `{}:{alertname="${name}"}`, truncatedAlerts: 0, status, receiver: 'fraiseql-observe',
    groupLabels: { alertname: name, service }, commonLabels: labels, commonAnnotations: { summary }, externalURL: '',
    alerts: [{
      status, labels, annotations: { summary }, startsAt, generatorURL: '',
      endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
      fingerprint: createHash('sha256').update(name).digest('hex').slice(0, 16),
    }],
  };
  const answer = await fetch(`${given.url}/webhooks/alertmanager`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`webhook: ${answer.status} ${await answer.text()}`);
}

const row = (name) => `::-p-xpath(//li[contains(@class, "row")][.//a[contains(., "${name}")]])`;
const textOf = (page, selector) => page.$eval(selector, (element) => element.innerText);

/** Wait until the named incident is listed, looking again; return the address of its page. */
async function found(page, name) {
  for (let tries = 0; tries < 40; tries += 1) {
    await visit(page, `/?text=${encodeURIComponent(name)}`);
    const address = await page.$eval('.row a.title', (link) => link.getAttribute('href')).catch(() => null);
    if (address) return address;
    await sleep(50);
  }
  throw new Error(`${name} is not listed`);
}

/** Watch layout shifts from now on. */
const watchShifts = (page) => page.evaluate(() => {
  window.shifted = 0;
  window.sources = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      window.shifted += entry.value;
      window.sources.push(...entry.sources.map((source) => source.node?.parentElement?.outerHTML.slice(0, 200)));
    }
  }).observe({ type: 'layout-shift' });
});

const scenarios = {
  /** The pictures of the documentation, before anybody changes what they show. */
  async pictures() {
    const shot = async (name, path, options) => {
      const page = await open(options);
      await visit(page, path ?? (await found(page, 'No connection is free')));
      await page.screenshot({ path: join(given.out, `console-${name}.png`) });
      await close(page);
    };
    await shot('list', '/');
    await shot('phone', null, { viewport: PHONE });
    await shot('dark', null, { scheme: 'dark', viewport: { ...DESKTOP, height: 1000 } });
    return {};
  },

  /** Log in and acknowledge with the keyboard alone: the skip link, then Tab and Enter. */
  async keyboard() {
    const page = await open({ token: null });
    await visit(page, '/');
    await page.waitForSelector('[name=token]:focus', PATIENCE);
    await page.keyboard.type('fqo_writer');
    await leave(page, () => page.keyboard.press('Enter'));
    await page.keyboard.press('Tab');
    const first = await page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press('Enter');
    const visited = [];
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return {
          label: document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent,
          outlined: style.outlineStyle !== 'none' || document.activeElement.closest('.chip') !== null,
          acknowledges: 'acknowledge' in document.activeElement.dataset,
        };
      });
      visited.push(at);
      if (at.acknowledges) break;
    }
    const id = await page.evaluate(() => document.activeElement.closest('.row').id);
    await page.keyboard.press('Enter');
    await page.waitForFunction((id) => document.getElementById(id).innerText.includes('by kim'), PATIENCE, id);
    const after = await page.evaluate((id) => ({
      row: document.getElementById(id).innerText,
      focus: document.activeElement.closest('.row')?.id === id,
      notice: document.getElementById('notice').innerText,
      address: location.pathname,
    }), id);
    await page.keyboard.press('j');
    const next = await page.evaluate((id) => document.activeElement.closest('.row')?.id !== id && document.activeElement.matches('a.title'), id);
    await page.keyboard.press('/');
    const search = await page.evaluate(() => document.activeElement.id);
    await close(page);
    return { first, visited, after, next, search };
  },

  /** A new incident is announced without a reload and moves nothing; it comes when it is asked for. */
  async live() {
    const page = await open();
    await visit(page, '/');
    await page.evaluate(() => { window.same = true; });
    await watchShifts(page);
    await page.hover('.row a.title');
    const before = await page.$$eval('.row', (rows) => rows.map((row) => row.id));
    await tell('LiveNewcomer');
    await page.waitForSelector('#news:not([hidden])', PATIENCE);
    const held = await page.$$eval('.row', (rows) => rows.map((row) => row.id));
    const news = await textOf(page, '#news');
    const shifted = await page.evaluate(() => ({ value: window.shifted, sources: window.sources }));
    await page.click('#news');
    await page.waitForSelector(row('LiveNewcomer'), PATIENCE);
    await page.hover('.row a.title');
    await tell('LiveNewcomer', { status: 'resolved' });
    await page.waitForSelector('.row.gone', PATIENCE);
    const gone = await textOf(page, '.row.gone');
    const same = await page.evaluate(() => window.same === true);
    const title = await page.title();
    await close(page);
    return { before, held, news, shifted, gone, same, title };
  },

  /** Nobody at the screen: the list is laid anew by itself. */
  async idle() {
    const page = await open();
    await visit(page, '/');
    await page.evaluate(() => { const real = Date.now; Date.now = () => real() + 60_000; });
    await tell('IdleNewcomer');
    await page.waitForSelector(row('IdleNewcomer'), PATIENCE);
    await tell('IdleNewcomer', { status: 'resolved' });
    await close(page);
    return { shown: true };
  },

  /** When nobody answers, the page says that it is old; and when somebody does again, it says so no longer. */
  async offline() {
    const page = await open({ quiet: true });
    await visit(page, '/');
    await page.setOfflineMode(true);
    await page.evaluate(() => document.body.dispatchEvent(new CustomEvent('changed')));
    await page.waitForFunction(() => document.getElementById('notice').textContent !== '', PATIENCE);
    const notice = await textOf(page, '#notice');
    const rows = (await page.$$('.row')).length;
    await page.setOfflineMode(false);
    await page.evaluate(() => document.body.dispatchEvent(new CustomEvent('changed')));
    await page.waitForFunction(() => document.getElementById('notice').textContent === '', PATIENCE);
    await close(page);
    return { notice, rows };
  },

  /** What is open, focused and half written survives an update of the incident. */
  async survives() {
    const page = await open();
    const address = await found(page, 'HighErrorRate');
    await visit(page, address);
    await page.click('.alerts summary');
    await page.type('#comment', 'half a sent');
    const before = (await page.$$('.timeline > li')).length;
    const other = await open();
    await visit(other, address);
    await other.type('#comment', 'from elsewhere');
    await leave(other, () => other.click('[formaction$="/comment"]'));
    await page.waitForFunction((before) => document.querySelectorAll('.timeline > li').length > before, PATIENCE, before);
    const kept = await page.evaluate(() => ({
      open: document.querySelector('.alerts details').open,
      text: document.getElementById('comment').value,
      focus: document.activeElement.id,
      caret: document.activeElement.selectionStart,
      timeline: document.querySelector('.timeline').innerText,
    }));
    await close(other);
    await close(page);
    return kept;
  },

  /** Filters follow what is typed and chosen, and stay in the address. */
  async filters() {
    const page = await open();
    await visit(page, '/');
    const all = (await page.$$('.row')).length;
    await page.type('#text', 'latency');
    await page.waitForFunction((all) => document.querySelectorAll('.row').length < all, PATIENCE, all);
    const typed = { rows: (await page.$$('.row')).length, focus: await page.evaluate(() => document.activeElement.id), address: page.url() };
    await page.reload();
    const again = (await page.$$('.row')).length;
    await visit(page, '/');
    await page.evaluate(() => document.querySelector('[name=severity][value=info]').click());
    await page.waitForFunction(() => location.search === '?severity=info' && document.querySelectorAll('.row').length === 1, PATIENCE);
    const chosen = await page.$$eval('.row .severity', (all) => all.map((one) => one.textContent));
    await close(page);
    return { all, typed, again, chosen };
  },

  /** The whole round without JavaScript: filter, acknowledge, comment, snooze, replay. */
  async noscript() {
    const page = await open({ scripts: false });
    await visit(page, '/');
    await page.type('#text', 'HighLatency');
    await leave(page, () => page.click('.filters > button'));
    const filtered = page.url();
    await leave(page, () => page.click('[data-acknowledge]'));
    const acknowledged = { address: page.url(), row: await textOf(page, '.row'), notice: await textOf(page, '#notice') };
    await leave(page, () => page.click('.row a.title'));
    await page.type('#comment', 'without scripts');
    await page.click('.menu > summary');
    await leave(page, () => page.click('[formaction$="/snooze/2h"]'));
    const snoozed = await textOf(page, '.incident > header');
    const timeline = await textOf(page, '.timeline');
    await visit(page, '/dead-letters');
    await leave(page, () => page.click('.row button'));
    const replayed = await textOf(page, '#notice');
    await close(page);
    return { filtered, acknowledged, snoozed, timeline, replayed };
  },

  /** On a phone: how much is loaded, how big the targets are, what sticks out, and a tap that acknowledges. */
  async phone() {
    const page = await open({ viewport: PHONE });
    await page.setCacheEnabled(false);
    const session = await page.createCDPSession();
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await visit(page, '/');
    await sleep(100);
    const loaded = bytes;
    const small = [];
    const wide = [];
    for (const path of ['/', await found(page, 'HighErrorRate'), '/history', '/dead-letters', '/maintenance', '/destinations']) {
      await visit(page, path);
      small.push(...(await page.$$eval('button, summary, select, .chip, nav a, .links a, input:not([type=checkbox])', (all) => all
        .filter((one) => one.checkVisibility())
        .map((one) => ({ what: one.outerHTML.slice(0, 120), height: one.getBoundingClientRect().height }))
        .filter(({ height }) => height > 1 && height < 44))));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > PHONE.width) wide.push({ path, width });
    }
    await tell('TapMe', { severity: 'info' });
    await found(page, 'TapMe');
    await page.tap('[data-acknowledge]');
    await page.waitForFunction(() => document.querySelector('.row').innerText.includes('by kim'), PATIENCE);
    await tell('TapMe', { severity: 'info', status: 'resolved' });
    await close(page);
    return { loaded, small, wide };
  },

  /** Text of strangers runs nothing and stays within the page. */
  async hostile() {
    const page = await open({ viewport: PHONE });
    const name = `Evil<img src=x onerror="document.title='pwned'">${'x'.repeat(400)}`;
    await tell(name, { service: 'y'.repeat(2000), summary: `<script>document.title='pwned'</script>${'z'.repeat(900)}` });
    await found(page, 'Evil');
    const widths = [await page.evaluate(() => document.documentElement.scrollWidth)];
    await leave(page, () => page.click('.row a.title'));
    widths.push(await page.evaluate(() => document.documentElement.scrollWidth));
    const title = await page.title();
    const images = (await page.$$('img')).length;
    await tell(name, { service: 'y'.repeat(2000), status: 'resolved' });
    await close(page);
    return { widths, title, images };
  },

  /** The page behind a link in a message, by somebody who is not logged in. */
  async link() {
    const page = await open({ viewport: PHONE, token: null });
    await visit(page, `/act/${given.link}`);
    const asked = await textOf(page, 'main');
    await page.type('[name=name]', 'Robin');
    await leave(page, () => page.click('button'));
    const done = await textOf(page, 'main');
    await visit(page, `/act/${given.link.slice(0, -3)}AAA`);
    const forged = await textOf(page, 'main');
    await close(page);
    return { asked, done, forged };
  },

  /** Who may only look is shown no button that acts. */
  async guest() {
    const page = await open({ token: 'fqo_reader' });
    const buttons = [];
    for (const path of ['/', await found(page, 'HighErrorRate'), '/dead-letters', '/maintenance', '/destinations']) {
      await visit(page, path);
      buttons.push(...(await page.$$eval('main button:not([hidden]), main textarea', (all) => all.map((one) => one.innerText))));
    }
    await close(page);
    return { buttons: buttons.filter((text) => text !== 'Filter' && text !== '') };
  },

  /** axe-core on every page, and its contrasts in the dark. */
  async accessible() {
    const violations = [];
    let checks = 0;
    for (const [device, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
      const page = await open({ viewport });
      const incident = await found(page, 'No connection is free');
      const pages = { list: '/', incident };
      if (device === 'desktop') Object.assign(pages, { history: '/history', dead: '/dead-letters', maintenance: '/maintenance', destinations: '/destinations', missing: '/incidents/none' });
      for (const [name, path] of Object.entries(pages)) {
        await visit(page, path);
        await page.evaluate(() => document.querySelectorAll('details:not(.menu)').forEach((one, number) => { one.open = number < 2; }));
        await page.evaluate(AXE);
        for (const [scheme, rules] of [['light', RULES], ['dark', ['color-contrast']]]) {
          await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
          const found = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), rules);
          checks += found.passes.length;
          for (const { id, nodes } of found.violations) {
            const first = nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`);
            violations.push({ page: `${name} ${device} ${scheme}`, id, nodes: first });
          }
        }
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
      }
      await close(page);
    }
    return { violations, checks };
  },
};

const report = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  const began = Date.now();
  try {
    report[name] = { ...(await scenario()), seconds: (Date.now() - began) / 1000 };
  } catch (error) {
    report[name] = { failed: `${error.stack}` };
  }
}
// The pages that are meant to be refused say so on the console, and nothing else may.
report.complaints = complaints.filter((text) => !/status of 40[34]/.test(text));
await browser.close();
process.stdout.write(JSON.stringify(report));
