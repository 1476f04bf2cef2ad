/* What stands beside a conversation with a customer. The feature of customers puts it here when it is loaded. */
import type { Component } from 'svelte';

class CustomerPanel {
  component = $state.raw<Component<{ readonly id: string }>>();
}

export const customerPanel = new CustomerPanel();
