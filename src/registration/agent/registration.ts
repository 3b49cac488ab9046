import type { NewCondition } from '../../kube/index.ts'
import { untilVisible } from './acceptance.ts'
import { type AgentContext, newHubClient } from './agent-context.ts'
import type { BootstrapKubeconfig } from './bootstrap-kubeconfig.ts'
import { clusterCertificateKeeper } from './cluster-certificate.ts'
import { HubSession } from './hub-session.ts'
import { reportClusterCondition } from './report-cluster-condition.ts'

export interface RegistrationOptions {
  readonly bootstrap: BootstrapKubeconfig
  /** Why this cannot go on, in a few words. */
  onEnd(reason: string, options: { readonly areCredentialsRefused: boolean }): void
}

/** All that an agent does with credentials of its own, until it is stopped. Rejects when those cannot be read. */
export async function startRegistration(
  context: AgentContext,
  { bootstrap, onEnd }: RegistrationOptions,
): Promise<{ stop(): Promise<void> }> {
  const { components, options, names, secrets, log } = context
  const { clusterName } = names
  const { server } = bootstrap.hub
  const hub = newHubClient(context, secrets.credentials.readAccess)
  try {
    await hub.start()
  } catch (error) {
    await hub.stop()
    throw error
  }
  log.info({ hub: server }, 'registering with credentials of its own')
  const stopping = new AbortController()
  const { signal } = stopping
  const session = new HubSession(
    { ...components, hub, log, onEnd },
    { ...options, ...names, hubCluster: bootstrap.hub },
  )
  session.start()
  const keeper = clusterCertificateKeeper(context, {
    hub,
    hubCluster: bootstrap.hub,
    report: (condition: NewCondition) => reportClusterCondition(hub, clusterName, condition),
    onForbidden: () =>
      onEnd('the credentials are lost, and the hub does not let the cluster ask for others', {
        areCredentialsRefused: true,
      }),
    mustRenew: false,
  })
  const keeping = keeper.run(signal)
  let work: { stop(): Promise<void> } | undefined
  const watching = untilVisible(
    { hub, clock: components.clock, newBootstrapClient: () => newHubClient(context, bootstrap.readAccess) },
    clusterName,
    signal,
  ).then(() => {
    if (signal.aborted) return
    session.watch()
    work = components.startWork?.({ client: hub, server, ...names })
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all([session.stop(), keeping, watching.then(() => work?.stop())])
      await hub.stop()
    },
  }
}
