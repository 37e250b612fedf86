// What may happen to two service hosts over three database nodes. h1 prefers the node d1, h2 the node d2.
// `run(lab, load)` breaks something while clients write, and mends it or leaves that to the lab.
//   cutOff   hosts whose own clients may see 502 and broken connections
//   errors   false: nobody may see any error

export const scenarios = [
  {
    name: 'kill-node',
    title: 'a database node is killed under load, and comes back',
    async run(lab, load) {
      const [node] = lab.nodes;
      await node.kill();
      await load.writes();
      await node.start();
      await lab.cluster.whole();
    },
  },
];
