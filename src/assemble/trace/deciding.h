// Decides the place of each exchange in its trace, as soon as everything that it depends on is
// known. README.md has the rules of precedence.
#pragma once

#include <vector>

#include "assemble/trace/node.h"
#include "assemble/trace/sampler.h"

namespace tarsier::assemble {

class Deciding {
 public:
  explicit Deciding(const TraceSampler& sampler) : sampler_(sampler) {}

  // Decides if possible, and everything that waited for it. `decided` receives the nodes.
  void update(Node& node, std::vector<NodePtr>& decided);
  // Decides whatever the node hangs on without waiting any longer: what is open becomes a root.
  void force(Node& node, std::vector<NodePtr>& decided);

 private:
  bool decide(Node& node);
  void place(Node& node, const Node* local, const Remote* remote);

  TraceSampler sampler_;
};

}  // namespace tarsier::assemble
