"""Ways out: one file for each channel and vendor, all of them `domain.message_ports.MessageProvider`."""
