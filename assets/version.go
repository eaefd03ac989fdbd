package assets

// Version is Glasswork's, as FyneApp.toml has it.
const Version = "0.1.0"
