// Opens one page from a file in Chromium, light and dark, on a desk and on a phone, and prints what it saw as JSON.
//
//   node look.mjs FILE FOLDER
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const [file, folder] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const VIEWS = { desk: { width: 1100, height: 1500 }, phone: { width: 390, height: 844, isMobile: true } };

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--force-color-profile=srgb'],
});
const saw = { complaints: [], requests: [], violations: [], checks: 0, widths: {}, papers: {} };
const page = await browser.newPage();
page.on('pageerror', (error) => saw.complaints.push(String(error)));
page.on('console', (message) => saw.complaints.push(message.text()));
page.on('dialog', (dialog) => { saw.complaints.push(dialog.message()); dialog.dismiss(); });
page.on('request', (request) => saw.requests.push(request.url()));
for (const [name, viewport] of Object.entries(VIEWS)) {
  await page.setViewport(viewport);
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
    saw.widths[`${name} ${scheme}`] = await page.evaluate(() => document.documentElement.scrollWidth);
    saw.papers[scheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.screenshot({ path: join(folder, `report-${name}-${scheme}.png`) });
    await page.evaluate(AXE);
    const found = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES);
    saw.checks += found.passes.length;
    for (const { id, nodes } of found.violations) {
      saw.violations.push({ where: `${name} ${scheme}`, id, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) });
    }
  }
}
await page.emulateMediaType('print');
saw.papers.print = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
await browser.close();
console.log(JSON.stringify(saw));
