export { thisMachine } from './machine.ts'
export { NodeAgent, type NodeAgentComponents, type NodeAgentOptions } from './node-agent.ts'
export type { Machine, NodeFacts } from './node-status.ts'
