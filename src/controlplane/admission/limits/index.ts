export { type LimitRangeSource, limitRanger } from './limit-ranger.ts'
