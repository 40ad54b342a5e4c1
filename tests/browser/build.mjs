// Bundles the page into dist/.
import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const scrollbars = createRequire(import.meta.url).resolve('react-custom-scrollbars-2');

// The published packages were built for another bundler: each redirection stands for one assumption they make.
const redirections = {
  name: 'redirections',
  setup({ onResolve, onLoad, resolve }) {
    // Scenes wants react-router 6; Grafana itself gives it this bridge, because the rest of it is on 5.
    onResolve({ filter: /^react-router-dom$/ }, ({ importer, resolveDir, kind }) =>
      importer.includes('@grafana/scenes')
        ? resolve('react-router-dom-v5-compat', { resolveDir, kind })
        : undefined
    );
    // Its CommonJS default export arrives wrapped once too often.
    onResolve({ filter: /^react-custom-scrollbars-2$/ }, () => ({ path: 'scrollbars', namespace: 'shim' }));
    onLoad({ filter: /^scrollbars$/, namespace: 'shim' }, () => ({
      contents: `export { Scrollbars as default, Scrollbars } from ${JSON.stringify(scrollbars)};`,
      resolveDir: import.meta.dirname,
    }));
  },
};

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/main.tsx'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: false,
  logLevel: 'warning',
  // Grafana's parts read these where its own build replaces them.
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  loader: { '.ttf': 'empty', '.svg': 'dataurl' },
  logOverride: { 'ignored-bare-import': 'silent' },
  plugins: [redirections],
});
await copyFile(`${import.meta.dirname}/src/index.html`, `${import.meta.dirname}/dist/index.html`);
