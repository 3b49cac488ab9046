import { findAccess, KubeClient } from '../../kube/index.ts'
import {
  DEFAULT_AGENT_OPTIONS,
  parseRegistrationAgentConfig,
  REGISTRATION_AGENT_SPEC,
  RegistrationAgent,
  type RegistrationAgentComponents,
  type RegistrationAgentConfig,
} from '../../registration/agent/index.ts'
import { type ControllerSetting, controllerProcess } from '../controller-process.ts'

/** `cluster-proxy registration agent` */
export const registrationAgent = controllerProcess<RegistrationAgentConfig>({
  spec: REGISTRATION_AGENT_SPEC,
  parse: parseRegistrationAgentConfig,
  lock: 'registration-agent-lock',
  setUp: (setting, config) => addRegistrationAgent(setting, config),
})

/** Makes the agent a part of the process; it works while the process leads. */
export function addRegistrationAgent(
  { log, client, manager, metrics, namespace, addHealthCheck }: ControllerSetting,
  {
    kubeconfig,
    spokeKubeconfig,
    kubeApiQps: qps,
    kubeApiBurst: burst,
    agent: options,
  }: RegistrationAgentConfig,
  more: Pick<RegistrationAgentComponents, 'startWork'> = {},
): void {
  const readSpokeAccess = findAccess({ env: process.env, kubeconfig: spokeKubeconfig || kubeconfig })
  const spoke = spokeKubeconfig
    ? new KubeClient({ readAccess: readSpokeAccess, log, metrics }, { qps, burst })
    : client
  const agent = new RegistrationAgent(
    {
      management: client,
      spoke,
      log,
      clock: client.clock,
      readSpokeCaBundle: async () => (await readSpokeAccess()).tls.ca,
      ...more,
    },
    { ...options, namespace: namespace || DEFAULT_AGENT_OPTIONS.namespace },
  )
  addHealthCheck('hub-kube-config', () => agent.health())
  if (spoke !== client) manager.add({ start: () => spoke.start(), stop: () => spoke.stop() })
  manager.whileLeading((signal) => agent.run(signal))
}
