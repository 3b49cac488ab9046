import { commandGroup } from './command-group.ts'

/** `cluster-proxy registration <command>` */
export const registration = commandGroup({
  name: 'registration',
  description: 'Registers clusters with a hub, on either end.',
  commands: {
    controller: {
      summary: 'runs on the hub: accepts clusters, follows their leases and sets, cleans up after them',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./registration/controller.ts')).registrationController,
          argv,
        ),
    },
    agent: {
      summary: 'runs for a managed cluster: registers it with a hub, and keeps it registered',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./registration/agent.ts')).registrationAgent,
          argv,
        ),
    },
    'webhook-server': {
      summary: 'runs on the hub: tells its API server which clusters and bindings may be written',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./registration/webhook-server.ts')).registrationWebhookServer,
          argv,
        ),
    },
  },
})
