import {
  addCompletedWorkCleanup,
  parseWorkManagerConfig,
  WORK_MANAGER_COMMAND,
  type WorkManagerConfig,
} from '../../work/hub/index.ts'
import { controllerProcess } from '../controller-process.ts'

/** `cluster-proxy work manager` */
export const workManager = controllerProcess<WorkManagerConfig>({
  spec: WORK_MANAGER_COMMAND,
  parse: parseWorkManagerConfig,
  lock: 'work-manager-lock',
  setUp: ({ manager }, { gates }) => {
    if (gates.CleanUpCompletedManifestWork) addCompletedWorkCleanup(manager)
  },
})
