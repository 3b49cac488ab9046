import { commandGroup } from './command-group.ts'

/** `cluster-proxy registration-operator <command>` */
export const registrationOperator = commandGroup({
  name: 'registration-operator',
  description: 'Deploys what a hub, or a managed cluster, is made of.',
  commands: {
    hub: {
      summary: 'runs on the hub: realises ClusterManagers',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./registration-operator/hub.ts')).hubOperator,
          argv,
        ),
    },
    klusterlet: {
      summary: 'runs on a managed cluster: realises Klusterlets',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./registration-operator/klusterlet.ts')).klusterletOperator,
          argv,
        ),
    },
    agent: {
      summary: 'runs for a managed cluster: the agents for registration and works in one',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./registration-operator/agent.ts')).klusterletAgent,
          argv,
        ),
    },
  },
})
