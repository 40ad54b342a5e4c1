from fraiseql_observe.cli import main

main()
