// Draws /dashboards/<d>.json for ?d=<uid>&range=<15m>, and tells the driver when it is done and what it drew.
import 'react-grid-layout/css/styles.css';
import 'react-resizable/css/styles.css';
import 'uplot/dist/uPlot.min.css';
import { ThemeContext } from '@grafana/data';
import { config, locationService } from '@grafana/runtime';
import type { EmbeddedScene } from '@grafana/scenes';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { Router } from 'react-router-dom';
import { CompatRouter } from 'react-router-dom-v5-compat';
import { sceneOf } from './dashboard';
import { ask } from './datasource';
import { prepare } from './environment';
import { reportOf, type Report } from './report';

declare global {
  interface Window {
    /** What is drawn so far; undefined until there is a scene. */
    report?: () => Report;
  }
}

interface Dashboard {
  title: string;
  links?: Array<{ title: string; type: string }>;
}

function Page({ dashboard, scene }: { dashboard: Dashboard; scene: EmbeddedScene }) {
  const { colors } = config.theme2;
  return (
    <div style={{ background: colors.background.canvas, minHeight: '100vh', padding: 16 }}>
      <div style={{ display: 'flex', gap: 16, alignItems: 'baseline', marginBottom: 8 }}>
        <h1 style={{ fontSize: 20, margin: 0, flex: 1 }}>{dashboard.title}</h1>
        {(dashboard.links ?? []).map(({ title }) => (
          <span key={title} style={{ color: colors.text.link }}>{title}</span>
        ))}
      </div>
      <scene.Component model={scene} />
    </div>
  );
}

async function main(): Promise<void> {
  const parameters = new URLSearchParams(location.search);
  await prepare();
  const dashboard = await ask<Dashboard>(`/dashboards/${parameters.get('d')}.json`);
  const scene = sceneOf(dashboard, parameters.get('range') ?? undefined);
  window.report = () => reportOf(scene);
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <Router history={locationService.getHistory()}>
        <CompatRouter>
          <Page dashboard={dashboard} scene={scene} />
        </CompatRouter>
      </Router>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

void main();
