import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { ManifestWorkExecutor } from '../../apis/work/v1.ts'
import { isAlreadyExists, isForbidden, type KubeClient, type ResourceDefinition } from '../../kube/index.ts'
import { mayAccess } from '../../kube/webhook/access-review.ts'
import { ApplyError, NotAllowedError } from './apply/errors.ts'
import type { ManifestObject } from './manifest-object.ts'

/** For the executor of a work to be allowed to apply an object; deleting it is part of that where it goes with the work. */
const VERBS = ['create', 'update', 'patch', 'get']

const RBAC_GROUP = 'rbac.authorization.k8s.io'
const RBAC_RESOURCES = new Set(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'])

export interface ExecutorComponents {
  /** Of the managed cluster. */
  readonly client: KubeClient
  /** The same cluster, on behalf of a user. */
  impersonate(username: string): KubeClient
}

/** What is to be applied on behalf of an executor. */
export interface ExecutorRequest {
  readonly executor: ManifestWorkExecutor | undefined
  readonly definition: ResourceDefinition
  readonly key: ObjectKey
  readonly manifest: ManifestObject
  readonly goesWithWork: boolean
}

/**
 * Says whether the executor of a work may apply its manifests. Objects are then applied as the agent all the same, so that rights
 * over roles are tried out, too: nobody gets more by a work than they have.
 */
export class ExecutorCheck {
  readonly #components: ExecutorComponents
  #answers: Map<string, boolean> | undefined

  /** `remembersAnswers` until `forget`. */
  constructor(components: ExecutorComponents, { remembersAnswers = false } = {}) {
    this.#components = components
    this.#answers = remembersAnswers ? new Map() : undefined
  }

  /** Rights have changed, or may have. What is being asked meanwhile is not remembered either. */
  forget(): void {
    if (this.#answers) this.#answers = new Map()
  }

  /** Rejects with a NotAllowedError where it may not. */
  async verify(request: ExecutorRequest, signal: AbortSignal): Promise<void> {
    const { executor } = request
    if (!executor) return
    if (executor.subject?.type !== 'ServiceAccount')
      throw new ApplyError('only support ServiceAccount type for the executor')
    const account = executor.subject.serviceAccount
    if (!account) throw new ApplyError('the executor service account is nil')
    const user = {
      username: `system:serviceaccount:${account.namespace}:${account.name}`,
      uid: '',
      groups: [
        'system:serviceaccounts',
        'system:authenticated',
        `system:serviceaccounts:${account.namespace}`,
      ],
      extra: {},
    }
    if (!(await this.#mayApply(user, request, signal))) throw notAllowed(request)
    await this.#verifyNoEscalation(user.username, request, signal)
  }

  async #mayApply(
    user: Parameters<typeof mayAccess>[1],
    { definition, key, goesWithWork }: ExecutorRequest,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { group, version, plural: resource } = definition
    const id = JSON.stringify([
      user.username,
      group,
      version,
      resource,
      key.namespace,
      key.name,
      goesWithWork,
    ])
    const remembered = this.#answers
    const known = remembered?.get(id)
    if (known !== undefined) return known
    const verbs = goesWithWork ? [...VERBS, 'delete'] : VERBS
    const attributes = { group, resource, name: key.name, ...(key.namespace && { namespace: key.namespace }) }
    const answers = await Promise.all(
      verbs.map((verb) => mayAccess(this.#components.client, user, { ...attributes, verb }, signal)),
    )
    const isAllowed = answers.every(Boolean)
    remembered?.set(id, isAllowed)
    return isAllowed
  }

  /** The API server checks this before it finds that the object is there. */
  async #verifyNoEscalation(username: string, request: ExecutorRequest, signal: AbortSignal): Promise<void> {
    const { definition, manifest } = request
    if (definition.group !== RBAC_GROUP || !RBAC_RESOURCES.has(definition.plural)) return
    const client = this.#components.impersonate(username)
    try {
      await client.resource<ManifestObject>(definition).create(manifest, { dryRun: true, signal })
    } catch (error) {
      if (isForbidden(error)) throw notAllowed(request, ', error: permission escalation')
      if (!isAlreadyExists(error)) throw error
    }
  }
}

function notAllowed({ definition, key }: ExecutorRequest, more = ''): NotAllowedError {
  const { group, plural } = definition
  return new NotAllowedError(
    `not allowed to apply the resource ${group} ${plural}, ${key.namespace ?? ''} ${key.name}${more}`,
  )
}
