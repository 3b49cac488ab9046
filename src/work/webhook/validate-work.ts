import { WORK_GROUP } from '../../apis/work/constants.ts'
import type { ManifestWork, ManifestWorkExecutor } from '../../apis/work/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import type { KubeClient } from '../../kube/index.ts'
import {
  type AdmissionDecision,
  type AdmissionHandler,
  type AdmissionRequest,
  allow,
  denyBadRequest,
  mayAccess,
} from '../../kube/webhook/index.ts'
import { manifestsProblem } from './manifests.ts'

/** Where the API server's webhook configuration finds it. */
export const VALIDATE_WORK_PATH = '/validate-work-open-cluster-management-io-v1-manifestwork'

/** Who applies works that name nobody. */
const DEFAULT_EXECUTOR: ManifestWorkExecutor = {
  subject: { type: 'ServiceAccount', serviceAccount: { namespace: '', name: 'klusterlet-work-sa' } },
}

export interface ValidateWorkOptions {
  /** What all manifests may take. @default 500 KiB */
  readonly manifestLimitBytes?: number
  /** Works that name no executor are checked, too (the gate NilExecutorValidating). @default false */
  readonly checksAbsentExecutor?: boolean
}

/** Says which ManifestWorks may be written: their manifests must make sense, and an executor is only for those who may use it. */
export function validateWork(
  client: KubeClient,
  options: ValidateWorkOptions = {},
): AdmissionHandler<ManifestWork> {
  return async (request, signal) => {
    const { object: work, oldObject, operation } = request
    if (operation === 'DELETE' || !work) return allow()
    const manifests = (work.spec?.workload?.manifests ?? []) as unknown as readonly JsonValue[]
    const problem = manifestsProblem(manifests, options.manifestLimitBytes)
    if (problem) return denyBadRequest(problem)
    const [before, now] = [oldObject, work].map(
      (each) => (each?.spec?.executor ?? null) as unknown as JsonValue,
    )
    if (oldObject && sameJson(before, now)) return allow()
    return verifyExecutor(client, request, options, signal)
  }
}

async function verifyExecutor(
  client: KubeClient,
  { object, userInfo, namespace }: AdmissionRequest<ManifestWork>,
  { checksAbsentExecutor = false }: ValidateWorkOptions,
  signal: AbortSignal,
): Promise<AdmissionDecision> {
  const named = object?.spec?.executor
  if (!named && !checksAbsentExecutor) return allow()
  const { subject } = named ?? DEFAULT_EXECUTOR
  const account = subject?.serviceAccount
  if (!account) return denyBadRequest('executor service account can not be nil')
  const attributes = {
    group: WORK_GROUP,
    resource: 'manifestworks',
    verb: 'execute-as',
    namespace,
    name: `system:serviceaccount:${account.namespace}:${account.name}`,
  }
  try {
    if (await mayAccess(client, userInfo, attributes, signal)) return allow()
  } catch (error) {
    signal.throwIfAborted()
    return denyBadRequest(errorMessage(error))
  }
  return denyBadRequest(
    `user ${userInfo.username} cannot manipulate the Manifestwork with executor ${account.namespace}/${account.name} in namespace ${namespace}`,
  )
}
