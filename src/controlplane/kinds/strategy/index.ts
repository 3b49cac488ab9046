export { type KindEntry, KindTable } from './kind-table.ts'
export { statusStrategy, strategyOf, strategyWithStatus } from './plain-strategy.ts'
