import type { RegisteredHub } from '../../registration/agent/index.ts'
import { WorkAgent } from '../../work/agent/index.ts'
import { type ControllerSetting, controllerProcess } from '../controller-process.ts'
import { addRegistrationAgent } from '../registration/agent.ts'
import { ManagedClients } from '../work/managed-clients.ts'
import {
  KLUSTERLET_AGENT_SPEC,
  type KlusterletAgentConfig,
  parseKlusterletAgentConfig,
} from './agent-flags.ts'

const USER_AGENT = 'klusterlet-agent'

/** `cluster-proxy registration-operator agent` */
export const klusterletAgent = controllerProcess<KlusterletAgentConfig>({
  spec: KLUSTERLET_AGENT_SPEC,
  parse: parseKlusterletAgentConfig,
  lock: 'klusterlet-agent-lock',
  userAgent: USER_AGENT,
  setUp: addKlusterletAgent,
})

/** The work agent lives as long as the registration with a hub: a hub that takes its place gets another. */
function addKlusterletAgent(setting: ControllerSetting, config: KlusterletAgentConfig): void {
  const { log, manager, metrics } = setting
  const clients = new ManagedClients(setting, config, USER_AGENT)
  manager.add(clients)
  const startWork = ({ client: hub, server: hubServer, clusterName, agentName }: RegisteredHub) => {
    const agent = new WorkAgent(
      {
        hub,
        managed: clients.managed,
        impersonate: (username) => clients.impersonate(username),
        log,
        metrics,
      },
      { ...config.work, clusterName, hubServer, agentId: config.agent.agentName || agentName },
    )
    agent.start()
    return agent
  }
  addRegistrationAgent(setting, config, { startWork })
}
