// Draws every dashboard of a folder in a headless browser: a picture each, and report.json with what each panel showed.
//
//   node render.mjs --prometheus URL --postgres URL --dashboards DIR --out DIR [--range 15m]
//
// Exits with 1 when a panel is in error, is empty, or the browser complained. PYTHON and CHROMIUM name the programs.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';

const WIDTH = 1600;
const PATIENCE = 60_000;
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--hide-scrollbars', '--force-color-profile=srgb',
];

function options() {
  const text = (fallback) => ({ type: 'string', ...(fallback && { default: fallback }) });
  const { values } = parseArgs({
    options: {
      prometheus: text(), postgres: text(), dashboards: text(), out: text(),
      range: text(), only: text(),
    },
  });
  const missing = ['prometheus', 'postgres', 'dashboards', 'out'].filter((name) => !values[name]);
  if (missing.length) {
    console.error(`Missing: ${missing.map((name) => `--${name}`).join(', ')}.`);
    process.exit(2);
  }
  return values;
}

/** The server behind the page; it ends when our end of its input closes, so also when this process dies. */
async function startServer({ prometheus, postgres, dashboards }) {
  const script = join(import.meta.dirname, 'server.py');
  const server = spawn(
    process.env.PYTHON ?? 'python3',
    [script, '--prometheus', prometheus, '--postgres', postgres, '--dashboards', dashboards],
    { stdio: ['pipe', 'pipe', 'inherit'] }
  );
  for await (const line of createInterface({ input: server.stdout })) {
    return { url: line, stop: () => server.stdin.end() };
  }
  throw new Error('The server behind the page did not start.');
}

async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'dashboards-'));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    userDataDir: profile,
    args: FLAGS,
    defaultViewport: { width: WIDTH, height: 1000 },
  });
  return {
    browser,
    stop: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Waits until no panel is loading any more and two looks in a row agree. */
async function settled(page) {
  const end = Date.now() + PATIENCE;
  let before = '';
  for (;;) {
    const report = (await page.evaluate(() => window.report?.())) ?? { panels: [], variables: {} };
    const now = JSON.stringify(report);
    const calm = report.panels.length > 0 && report.panels.every(({ state }) => state !== 'loading') && now === before;
    if (calm || Date.now() > end) {
      return report;
    }
    before = now;
    await sleep(500);
  }
}

async function draw(browser, url, name, { out, range }) {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => {
    const told = message.text();
    // A failed request is told below, with its address.
    if (['error', 'warn'].includes(message.type()) && !told.startsWith('Failed to load resource')) {
      complaints.push(told);
    }
  });
  page.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  const parameters = new URLSearchParams({ d: name, ...(range && { range }) });
  await page.goto(`${url}?${parameters}`);
  await settled(page);
  // The picture shows the whole page, so all of it is brought into view; panels may then measure themselves anew.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewport({ width: WIDTH, height });
  const report = await settled(page);
  await page.waitForNetworkIdle({ idleTime: 500, timeout: PATIENCE }).catch(() => {}); // the last icons
  await page.screenshot({ path: join(out, `${name}.png`) });
  await page.close();
  return { dashboard: name, complaints, ...report };
}

const bad = ({ panels, complaints }) =>
  panels.length === 0 || complaints.length > 0 || panels.some(({ state }) => state !== 'drawn');

function tell({ dashboard, panels, complaints }) {
  const drawn = panels.filter(({ state }) => state === 'drawn').length;
  console.log(`${dashboard}: ${drawn} of ${panels.length} panels drawn`);
  panels
    .filter(({ state }) => state !== 'drawn')
    .forEach(({ title, kind, state, error }) => console.log(`  ${state}: ${title} (${kind}) ${error}`));
  complaints.forEach((text) => console.log(`  browser: ${text.slice(0, 300)}`));
}

async function main() {
  const given = options();
  await mkdir(given.out, { recursive: true });
  const names = (await readdir(given.dashboards))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((name) => !given.only || name === given.only)
    .sort();
  const server = await startServer(given);
  const { browser, stop } = await startBrowser();
  const reports = [];
  try {
    for (const name of names) {
      reports.push(await draw(browser, server.url, name, given));
      tell(reports[reports.length - 1]);
    }
  } finally {
    await stop();
    server.stop();
  }
  await writeFile(join(given.out, 'report.json'), JSON.stringify(reports, null, 2));
  process.exitCode = reports.length === 0 || reports.some(bad) ? 1 : 0;
}

await main();
