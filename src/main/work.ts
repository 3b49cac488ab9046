import { commandGroup } from './command-group.ts'

/** `cluster-proxy work <command>` */
export const work = commandGroup({
  name: 'work',
  description: 'Brings works from a hub to its clusters.',
  commands: {
    manager: {
      summary: 'runs on the hub: deletes works that are complete',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess((await import('./work/manager.ts')).workManager, argv),
    },
    agent: {
      summary: 'runs for a managed cluster: applies its works, and reports what came of them',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./work/agent.ts')).workAgentProcess,
          argv,
        ),
    },
    'webhook-server': {
      summary: 'runs on the hub: tells its API server which works may be written',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./work/webhook-server.ts')).workWebhookServer,
          argv,
        ),
    },
  },
})
