// What the two data sources share: how they fill in variables, and how they speak to the server behind the page.
import type { DataFrame, DataQueryRequest, DataQueryResponse, MetricFindValue, ScopedVars } from '@grafana/data';
import { RuntimeDataSource, sceneGraph, type SceneObject, type VariableCustomFormatterFn } from '@grafana/scenes';
import type { DataQuery } from '@grafana/schema';
import { from, type Observable } from 'rxjs';

export abstract class QuerySource<Q extends DataQuery> extends RuntimeDataSource<Q> {
  abstract frames(target: Q, request: DataQueryRequest<Q>): Promise<DataFrame[]>;

  abstract options(text: string, request: DataQueryRequest<Q>): Promise<MetricFindValue[]>;

  query(request: DataQueryRequest<Q>): Observable<DataQueryResponse> {
    const shown = request.targets.filter((target) => !target.hide);
    const answers = Promise.all(shown.map((target) => this.frames(target, request)));
    return from(answers.then((frames) => ({ data: frames.flat() })));
  }

  /** The choices of a query variable; the query is a text, or an object that holds one. */
  metricFindQuery(query: string | { query?: string; rawSql?: string }, request: unknown): Promise<MetricFindValue[]> {
    const text = typeof query === 'string' ? query : (query.query ?? query.rawSql ?? '');
    return this.options(text, request as DataQueryRequest<Q>);
  }
}

/** A text with its variables filled in by Grafana's own formats; `format` is for variables that name none. */
export function fillIn(text: string, scopedVars: ScopedVars, format: VariableCustomFormatterFn | string): string {
  const scene: SceneObject = scopedVars.__sceneObject!.value.valueOf();
  return sceneGraph.interpolate(scene, text, scopedVars, format);
}

/** The JSON that a path of our own server answers; a refusal becomes an error with the other side's words. */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  const body = await response.json();
  if (!response.ok) {
    throw new Error(body.error ?? `${response.status} ${response.statusText}`);
  }
  return body;
}
