import type { Secret, ServiceAccount } from '../../apis/core/v1.ts'
import { SECRETS, SERVICE_ACCOUNTS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'

const TOKEN_TYPE = 'kubernetes.io/service-account-token'
const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'
const BY_ACCOUNT = 'account'

/**
 * Fills Secrets of service accounts with tokens, and deletes those whose account is gone (kube-controller-manager's
 * `serviceaccount-token-controller`).
 */
export function addTokenSecretController({
  manager,
  client,
  tokens,
  authority,
}: ControllerContext): Controller {
  const secrets = manager.informers.for<Secret>(SECRETS, {
    fieldSelector: `type=${TOKEN_TYPE}`,
    indexers: { [BY_ACCOUNT]: byAccount },
  })
  const accounts = manager.informers.for<ServiceAccount>(SERVICE_ACCOUNTS)
  const secretClient = client.resource<Secret>(SECRETS)
  const accountClient = client.resource<ServiceAccount>(SERVICE_ACCOUNTS)
  return manager
    .controller({
      name: 'serviceaccount-token',
      concurrency: 5,
      async reconcile(key, { signal }) {
        const known = secrets.store.get(key)
        if (!known || known.metadata.deletionTimestamp) return
        const account = await accountOf(known)
        if (account && isFilled(known, account, authority.certificatePem)) return
        const secret = await secretClient.find(key, { signal })
        if (!secret || secret.metadata.uid !== known.metadata.uid) return
        try {
          if (account) await fill(secret, account)
          else await secretClient.delete(key, { preconditions: preconditionsOf(secret), signal })
        } catch (error) {
          if (!isConflict(error) && !isNotFound(error)) throw error // an event makes us look again
        }

        async function fill(current: Secret, owner: ServiceAccount): Promise<void> {
          const filled = await tokens.fillTokenSecret(current, owner)
          const token = current.data?.token || filled.data?.token || ''
          await secretClient.update({ ...filled, data: { ...filled.data, token } }, { signal })
        }

        async function accountOf({ metadata }: Secret): Promise<ServiceAccount | undefined> {
          const { [ACCOUNT_NAME]: name = '', [ACCOUNT_UID]: uid } = metadata.annotations ?? {}
          const accountKey = { namespace: metadata.namespace, name }
          const isRight = (found: ServiceAccount | undefined) =>
            found !== undefined && (!uid || found.metadata.uid === uid)
          if (name === '') return undefined
          const cached = accounts.store.get(accountKey)
          if (isRight(cached)) return cached
          const live = await accountClient.find(accountKey, { signal })
          return isRight(live) ? live : undefined
        }
      },
    })
    .watch(secrets, { predicates: [{ onDelete: () => false }] })
    .watch(accounts, {
      map: ({ metadata }) =>
        secrets.store
          .byIndex(BY_ACCOUNT, `${metadata.namespace}/${metadata.name}`)
          .map((secret) => ({ namespace: secret.metadata.namespace, name: secret.metadata.name ?? '' })),
    })
}

function byAccount({ metadata }: Secret): string[] {
  return [`${metadata.namespace}/${metadata.annotations?.[ACCOUNT_NAME] ?? ''}`]
}

function isFilled({ metadata, data = {} }: Secret, account: ServiceAccount, caPem: string): boolean {
  const ca = Buffer.from(caPem).toString('base64')
  return (
    data['ca.crt'] === ca &&
    Boolean(data.namespace) &&
    Boolean(data.token) &&
    metadata.annotations?.[ACCOUNT_UID] === account.metadata.uid
  )
}

function preconditionsOf({ metadata: { uid, resourceVersion } }: Secret) {
  return { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
}
