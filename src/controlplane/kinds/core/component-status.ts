import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

/** Of `v1`. Clients can ask for them, and there are none: health is told at `/readyz`. */
export function componentStatusKind(table: KindTable): KindEntry {
  return table.clusterScoped('componentstatuses', 'ComponentStatus', strategyOf({}))
}
