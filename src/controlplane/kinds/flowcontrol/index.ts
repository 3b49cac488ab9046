import { type KindEntry, KindTable } from '../strategy/index.ts'
import { FLOW_SCHEMA_STATUS_STRATEGY, FLOW_SCHEMA_STRATEGY } from './flow-schemas.ts'
import { PRIORITY_LEVEL_STATUS_STRATEGY, PRIORITY_LEVEL_STRATEGY } from './priority-levels.ts'

const flowcontrol = new KindTable('flowcontrol.apiserver.k8s.io')

export const FLOWCONTROL_KINDS: readonly KindEntry[] = [
  flowcontrol.clusterScoped('flowschemas', 'FlowSchema', FLOW_SCHEMA_STRATEGY, {
    subresources: { status: FLOW_SCHEMA_STATUS_STRATEGY },
  }),
  flowcontrol.clusterScoped(
    'prioritylevelconfigurations',
    'PriorityLevelConfiguration',
    PRIORITY_LEVEL_STRATEGY,
    { subresources: { status: PRIORITY_LEVEL_STATUS_STRATEGY } },
  ),
]
